/// A reader of untrusted bytes, and the properties that it must have for every input. `make fuzz` searches for inputs that
/// violate them; the tests replay those in `Fuzz/Corpora`.
struct FuzzTarget: Sendable, CustomStringConvertible {
    /// The name of its corpus.
    let name: String
    /// Throws `Finding` when a property is violated; other faults trap.
    let check: @Sendable (_ bytes: [UInt8]) throws(Finding) -> Void

    var description: String { name }

    static let all = [
        httpHead, httpChunks, httpAnswer, der, arguments, tar, documents, expressions, references, evidence,
        configuration,
        records, differences,
    ]
}

/// A violated property.
struct Finding: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// Throws unless the property is true.
    static func unless(_ isTrue: Bool, _ description: @autoclosure () -> String) throws(Finding) {
        if !isTrue { throw Finding(description()) }
    }
}

extension [UInt8] {
    /// The bytes in pieces of 1 to 16, with sizes that depend on the bytes.
    var pieces: [[UInt8]] {
        var pieces: [[UInt8]] = []
        var state: UInt32 = reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
        var start = 0
        while start < count {
            state = state &* 1_664_525 &+ 1_013_904_223
            let end = Swift.min(count, start + 1 + Int(state >> 28))
            pieces.append(Array(self[start..<end]))
            start = end
        }
        return pieces
    }
}
