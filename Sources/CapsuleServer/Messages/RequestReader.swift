internal import CapsuleCore
internal import Documents
internal import Promotion
internal import Support

/// Reads one object of a request: every key must be known, every value must have the expected type, and an error names the key.
struct RequestReader {
    /// The limits of a request's JSON, whose depth is four.
    private static let limits = JSONLimits(bytes: 1 << 20, depth: 16, values: 1_000)

    private let value: JSONValue
    private let path: String

    /// Reads a body that must be one object with no other keys than `keys`.
    init(_ body: [UInt8], keys: Set<String>) throws(ServiceError) {
        let value: JSONValue
        do throws(DocumentError) {
            value = try JSONParser.parse(body, file: "the body", limits: Self.limits)
        } catch {
            throw .malformed(error.message)
        }
        try self.init(value, path: "", keys: keys)
    }

    private init(_ value: JSONValue, path: String, keys: Set<String>) throws(ServiceError) {
        self.value = value
        self.path = path
        guard let members = value.members else {
            throw .malformed("\(path.isEmpty ? "the body" : path) must be an object")
        }
        for member in members where !keys.contains(member.key) {
            let place = path.isEmpty ? "" : " in \(path)"
            throw .malformed(
                "unknown key \(quoted(member.key.prefix(100)))\(place); known keys are "
                    + keys.sorted().joined(separator: ", "))
        }
    }

    /// The object at a key; nil when the key is missing or null.
    func object(_ key: String, keys: Set<String>) throws(ServiceError) -> RequestReader? {
        guard let value = present(key) else { return nil }
        return try RequestReader(value, path: name(key), keys: keys)
    }

    /// The object at a required key.
    func requiredObject(_ key: String, keys: Set<String>) throws(ServiceError) -> RequestReader {
        guard let object = try object(key, keys: keys) else { throw .malformed("\(name(key)) is missing") }
        return object
    }

    /// The parsed string at a key; nil when the key is missing or null.
    func parsed<Value>(_ key: String, _ parse: (String) throws -> Value) throws(ServiceError) -> Value? {
        guard let value = present(key) else { return nil }
        guard let text = value.string else { throw .malformed("\(name(key)) must be a string") }
        do {
            return try parse(text)
        } catch {
            throw .malformed("\(name(key)) is invalid: \(error)")
        }
    }

    /// The parsed string at a required key.
    func required<Value>(_ key: String, _ parse: (String) throws -> Value) throws(ServiceError) -> Value {
        guard let value = try parsed(key, parse) else { throw .malformed("\(name(key)) is missing") }
        return value
    }

    /// The string at a key; nil when the key is missing or null.
    func string(_ key: String) throws(ServiceError) -> String? { try parsed(key) { $0 } }

    /// The boolean at a key; false when the key is missing.
    func flag(_ key: String) throws(ServiceError) -> Bool {
        guard let value = present(key) else { return false }
        guard case .bool(let truth) = value else { throw .malformed("\(name(key)) must be true or false") }
        return truth
    }

    /// The value of `rollback`: true, false, or "held", which allows only releases that the stage held before.
    func rollback() throws(ServiceError) -> Rollback {
        if let text = present("rollback")?.string {
            guard text == Rollback.held.rawValue else {
                throw .malformed("\(name("rollback")) must be true, false or \"held\"")
            }
            return .held
        }
        return Rollback(try flag("rollback"))
    }

    /// The object `gitops`: a remote, and the commit whose policy applies.
    func gitops() throws(ServiceError) -> (repository: String, commit: CommitID) {
        let gitops = try requiredObject("gitops", keys: ["repository", "commit"])
        return (try gitops.required("repository") { $0 }, try gitops.required("commit") { try CommitID($0) })
    }

    private func present(_ key: String) -> JSONValue? {
        guard let value = value[key], value != .null else { return nil }
        return value
    }

    private func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
