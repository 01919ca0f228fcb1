internal import Synchronization

/// The id of a request in the log and in `X-Request-Id`.
enum RequestIdentifier {
    /// The maximum length of an id from a client or proxy.
    static let maximumLength = 128

    /// The id in the request if it is safe to write to a log; otherwise a new one.
    static func choose(_ incoming: String?) -> String {
        if let incoming, (1...maximumLength).contains(incoming.utf8.count), incoming.utf8.allSatisfy(isSafe) {
            return incoming
        }
        return process + hex(number.add(1, ordering: .relaxed).newValue)
    }

    /// A random number for this process, because one for each request would cost a system call.
    private static let process = hex(.random(in: .min ... .max))
    private static let number = Atomic<UInt64>(0)

    private static func hex(_ number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: ":"):
            true
        default: false
        }
    }
}
