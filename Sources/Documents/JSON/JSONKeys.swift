internal import Support

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
    // The maximum number of keys that are compared one by one: most objects have a handful of keys, for which this is
    // faster than hashing.
    private static let few = 12
    private let isFolding: Bool
    private var known: Set<String> = []

    init(_ rule: JSONKeyRule) { isFolding = rule.fields == nil }

    /// Adds a key to those of the members so far; false when it is a duplicate.
    mutating func insert(_ key: String, after members: [JSONMember]) -> Bool {
        guard members.count >= Self.few else { return !members.contains { isSame($0.key, key) } }
        if known.isEmpty { known = Set(members.map { name($0.key) }) }
        return known.insert(name(key)).inserted
    }

    private func isSame(_ left: String, _ right: String) -> Bool {
        // Texts of ASCII with other lengths cannot be the same in any case.
        (left.utf8.count == right.utf8.count || !left.isASCII || !right.isASCII) && name(left) == name(right)
    }

    private func name(_ key: String) -> String { isFolding ? Self.fold(key) : key }

    /// The key without the differences that Go ignores: letter case, U+212A (the Kelvin sign), whose
    /// lower case is k, and U+017F (the long s) for s.
    static func fold(_ key: String) -> String {
        let lower = key.lowercased()
        guard !lower.isASCII else { return lower }
        return String(String.UnicodeScalarView(lower.unicodeScalars.map { $0 == "\u{17F}" ? "s" : $0 }))
    }
}
