internal import Synchronization

/// What ties a request to its lines in the log.
enum RequestIdentifier {
    /// The longest that is taken over from a client or proxy.
    static let maximumLength = 128

    /// The one that came along, when it can do no harm in a log; else a new one.
    static func choose(_ incoming: String?) -> String {
        if let incoming, (1...maximumLength).contains(incoming.utf8.count), incoming.utf8.allSatisfy(isSafe) {
            return incoming
        }
        return process + hex(number.add(1, ordering: .relaxed).newValue)
    }

    /// What sets the requests of this process apart from those of others; asking the system for each costs a call of it.
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
