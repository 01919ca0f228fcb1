/// The scope of a token: actions by resource, written `repository:team/shop:pull,push`.
struct TokenScope: Hashable, Sendable {
    private(set) var actions: [String: Set<String>] = [:]

    /// The maximum number of scopes that are read, more than a challenge needs.
    static let maximumCount = 16

    static func pull(_ name: String) -> TokenScope { TokenScope(actions: ["repository:\(name)": ["pull"]]) }
    static func push(_ name: String) -> TokenScope { TokenScope(actions: ["repository:\(name)": ["pull", "push"]]) }
    static func delete(_ name: String) -> TokenScope {
        TokenScope(actions: ["repository:\(name)": ["pull", "delete"]])
    }

    private init(actions: [String: Set<String>]) { self.actions = actions }

    /// Reads the `scope` parameter of a challenge. Malformed parts are ignored.
    init(challenge text: String) {
        for part in text.split(separator: " ").prefix(Self.maximumCount) {
            guard let colon = part.lastIndex(of: ":") else { continue }
            let names = part[part.index(after: colon)...].split(separator: ",").map(String.init)
            guard !names.isEmpty else { continue }
            actions[String(part[..<colon]), default: []].formUnion(names)
        }
    }

    /// The union of both scopes.
    func union(_ other: TokenScope) -> TokenScope {
        TokenScope(actions: actions.merging(other.actions) { $0.union($1) })
    }

    /// True when a token with this scope permits everything in `other`.
    func covers(_ other: TokenScope) -> Bool {
        other.actions.allSatisfy { resource, names in actions[resource]?.isSuperset(of: names) ?? false }
    }

    /// The values of the `scope` parameters of a token request, in a fixed order.
    var parameters: [String] {
        actions.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.sorted().joined(separator: ","))" }
    }
}
