import Testing

@testable import HTTPClient

@Suite("Handshake messages")
struct HandshakeWatchTests {
    private func message(_ type: UInt8, _ body: [UInt8]) -> [UInt8] { [type] + length(body.count, 3) + body }

    private func length(_ count: Int, _ bytes: Int) -> [UInt8] {
        (0..<bytes).reversed().map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }
    }

    private func watch(_ messages: [UInt8]...) -> HandshakeWatch {
        var watch = HandshakeWatch()
        for message in messages { watch.receive(message) }
        return watch
    }

    @Test("are read in the form of either version", arguments: [true, false], 1...3)
    func certificates(isNew: Bool, count: Int) {
        let entry = length(5, 3) + [1, 2, 3, 4, 5] + (isNew ? length(2, 2) + [9, 9] : [])
        let list = Array(repeatElement(entry, count: count).joined())
        let body = (isNew ? [0] : []) + length(list.count, 3) + list
        let watch = watch(message(11, body), message(13, [0, 0, 0]))
        #expect(watch.certificates == count)
        #expect(watch.requestsCertificate)
        #expect(!watch.namesIssuer)
        // Cut anywhere, it is passed over.
        for end in 0..<body.count {
            let cut = self.watch(message(11, Array(body[..<end])), Array(message(11, body)[..<end]))
            #expect(cut.certificates == 0)
        }
    }

    @Test(
        "that are not what they say are passed over",
        arguments: [
            [], [11], [11, 0, 0, 0], [11, 255, 255, 255], [11, 0, 0, 3, 0, 0, 1], [11, 0, 0, 4, 0, 255, 255, 255],
            [11, 0, 0, 6, 0, 0, 3, 255, 255, 255], [22, 3, 3, 0, 5], [13], [13, 0, 0, 1],
        ] as [[UInt8]])
    func damaged(bytes: [UInt8]) {
        let watch = watch(bytes)
        #expect(watch.certificates == 0)
        #expect(!watch.requestsCertificate)
    }
}
