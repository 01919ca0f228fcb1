/// The keys that an object may have next to each other.
///
/// Go's decoder takes a key in any letter case for a field, and of two such keys the last one: for a reader in Go,
/// `layers` and `Layers` are one key.
package struct JSONKeyRule: Sendable {
    /// The field names by their folded forms; nil for documents in which no two keys may differ in letter case only.
    let fields: [String: String]?
    /// The keys whose objects hold arbitrary keys, to which `fields` do not apply.
    let freeForm: Set<String>

    /// No two keys of an object differ in letter case only.
    package static let distinct = JSONKeyRule(fields: nil, freeForm: [])

    /// No key differs from one of `fields` in letter case only. Other keys may: people choose the names of annotations.
    package static func fields(_ fields: Set<String>, freeForm: Set<String>) -> JSONKeyRule {
        JSONKeyRule(
            fields: Dictionary(fields.map { (JSONKeys.fold($0), $0) }) { first, _ in first }, freeForm: freeForm)
    }
}

/// The keys of one object, to find those that are there twice.
struct JSONKeys {
    // Most objects have a handful of ASCII keys, which are compared faster than hashed.
    private static let few = 12
    private let isFolding: Bool
    private var keys: [String] = []
    private var known: Set<String> = []

    init(_ rule: JSONKeyRule) { isFolding = rule.fields == nil }

    /// Takes a key; false when it is there already.
    mutating func insert(_ key: String) -> Bool {
        if known.isEmpty, keys.count < Self.few, key.utf8.allSatisfy({ $0 < 0x80 }) {
            let isKnown = isFolding ? keys.contains { Self.isEqualASCII($0, key) } : keys.contains(key)
            guard !isKnown else { return false }
            keys.append(key)
            return true
        }
        if known.isEmpty { known = Set(keys.map(normalized)) }
        return known.insert(normalized(key)).inserted
    }

    private func normalized(_ key: String) -> String { isFolding ? Self.fold(key) : key }

    /// The key without the differences that Go ignores: letter case, U+212A (the Kelvin sign) for k, which has that lower
    /// case, and U+017F (the long s) for s, which has its own.
    static func fold(_ key: String) -> String {
        let lower = key.lowercased()
        guard lower.utf8.contains(where: { $0 >= 0x80 }) else { return lower }
        return String(String.UnicodeScalarView(lower.unicodeScalars.map { $0 == "\u{17F}" ? "s" : $0 }))
    }

    private static func isEqualASCII(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).allSatisfy { lowercase($0) == lowercase($1) }
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
