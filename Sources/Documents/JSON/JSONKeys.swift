/// The rule for keys of one JSON object that differ only in letter case.
///
/// Go's decoder matches keys to fields in any letter case and uses the last of two such keys: for a reader in Go,
/// `layers` and `Layers` are the same key.
package struct JSONKeyRule: Sendable {
    /// The field names by their folded forms; nil for documents in which no two keys may differ only in letter case.
    let fields: [String: String]?
    /// The keys whose objects hold arbitrary keys, to which `fields` do not apply.
    let freeForm: Set<String>

    /// The rule that no two keys of an object differ only in letter case.
    package static let distinct = JSONKeyRule(fields: nil, freeForm: [])

    /// The rule that no key differs from one of `fields` only in letter case. Other keys may: people choose the names
    /// of annotations.
    package static func fields(_ fields: Set<String>, freeForm: Set<String>) -> JSONKeyRule {
        JSONKeyRule(
            fields: Dictionary(fields.map { (JSONKeys.fold($0), $0) }) { first, _ in first }, freeForm: freeForm)
    }
}

/// The keys of one object, to find duplicates.
struct JSONKeys {
    // The maximum number of keys that are compared one by one: most objects have a handful of ASCII keys, for which
    // this is faster than hashing.
    private static let few = 12
    private let isFolding: Bool
    private var keys: [String] = []
    private var known: Set<String> = []

    init(_ rule: JSONKeyRule) { isFolding = rule.fields == nil }

    /// Adds a key; false when it is a duplicate.
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

    /// The key without the differences that Go ignores: letter case, U+212A (the Kelvin sign), whose
    /// lower case is k, and U+017F (the long s) for s.
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
