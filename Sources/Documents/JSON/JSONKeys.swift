/// The keys of one object, to find those that are equal but for case.
struct JSONKeys {
    // Most objects have a handful of ASCII keys, which are compared faster than hashed.
    private static let few = 12
    private var keys: [String] = []
    private var folded: Set<String> = []

    /// Takes a key; false when it is there already or differs in case only.
    mutating func insert(_ key: String) -> Bool {
        if folded.isEmpty, keys.count < Self.few, key.utf8.allSatisfy({ $0 < 0x80 }) {
            guard !keys.contains(where: { Self.equalASCII($0, key) }) else { return false }
            keys.append(key)
            return true
        }
        // U+212A, the Kelvin sign, is a k in lower case: beyond ASCII, Unicode has to say what is equal.
        if folded.isEmpty { folded = Set(keys.map { $0.lowercased() }) }
        return folded.insert(key.lowercased()).inserted
    }

    private static func equalASCII(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).allSatisfy { lowercase($0) == lowercase($1) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
