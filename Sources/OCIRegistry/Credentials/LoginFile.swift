internal import Documents
internal import OCI
internal import Support

/// The content of a login file: docker's `config.json`, podman's `auth.json`; or of the variable that has such a content. What it
/// does not know is kept.
struct LoginFile: Sendable {
    /// The largest file that is read.
    static let maximumSize = 1 << 20
    private static let limits = JSONLimits(bytes: maximumSize, depth: 32, values: 100_000)
    /// Docker reads the keys of its fields in any letter case. Names of registries, headers and plugins may differ in that only.
    private static let keys = JSONKeyRule.fields(
        ["auths", "credHelpers", "credsStore"],
        freeForm: ["auths", "credHelpers", "HttpHeaders", "aliases", "features", "plugins", "proxies"])

    /// Its path, or the name of the variable.
    let path: String
    /// What to do about content that cannot be used.
    private let remedy: String
    private(set) var members: [JSONMember]

    /// A file without logins.
    init(emptyAt path: String) {
        self.path = path
        remedy = Self.rewriting
        members = []
    }

    private static let rewriting = "correct it or log in again"

    /// Reads the variable that contains logins; nil when it is not set, or not read because the environment names a file.
    ///
    /// - Throws: `OCIError.Code.io` when it is not JSON.
    init?(variableOf paths: LoginPaths) throws(OCIError) {
        guard let content = paths.content else { return nil }
        try self.init(
            Array(content.utf8), path: LoginPaths.variable, what: "the content of a Docker configuration file",
            remedy: "correct the variable, or unset it")
    }

    /// Reads a file; nil when it does not exist. A file without content has no logins, as for docker.
    ///
    /// - Throws: `OCIError.Code.io` when it cannot be read, is not JSON, or can be written by every user: whoever writes it
    ///   chooses the account that releases are published with, and the program that is run as credential helper.
    init?(reading path: String) throws(OCIError) {
        guard let status = try? SystemCall.status(of: path, followingLinks: true) else { return nil }
        guard status.kind != .file || status.permissions & 0o002 == 0 else {
            throw OCIError(
                .io,
                "\(path), a file with registry credentials, can be written by every user, so its logins are not used; run "
                    + "`chmod go-w \(path)` when you know what is in it, or remove it and log in again")
        }
        let bytes: [UInt8]?
        do throws(SystemError) {
            bytes = try SmallFile.read(path, limit: Self.maximumSize)
        } catch {
            throw OCIError(
                .io, "\(path), the file with registry credentials, cannot be read: \(error.text); make it readable")
        }
        try self.init(bytes, path: path, what: "a Docker configuration file", remedy: Self.rewriting)
    }

    private init(_ bytes: [UInt8]?, path: String, what: String, remedy: String) throws(OCIError) {
        self.path = path
        self.remedy = remedy
        if let bytes, bytes.allSatisfy({ [0x09, 0x0A, 0x0D, 0x20].contains($0) }) {
            members = []
            return
        }
        guard let bytes,
            let json = try? JSONParser.parse(bytes, file: path, limits: Self.limits, keys: Self.keys, visit: nil),
            let members = json.members, Self.isObject(json["auths"]), Self.isObject(json["credHelpers"])
        else {
            throw OCIError(.io, "\(path) is not \(what); \(remedy)")
        }
        self.members = members
    }

    /// The name of the credential helper for a registry: its own, else the one for all registries.
    func helper(for name: LoginName) -> (name: String, isOwn: Bool)? {
        for key in [name.server, name.registry] {
            if let own = self["credHelpers"]?[key]?.string { return (own, true) }
        }
        guard let store = self["credsStore"]?.string, !store.isEmpty else { return nil }
        return (store, false)
    }

    /// The credential under the longest name that covers a repository: a login to `host/team` takes precedence over one to `host`.
    ///
    /// - Throws: `OCIError.Code.io` for an entry that cannot be read.
    func credential(for repository: Repository) throws(OCIError) -> Credential? {
        let entries = Dictionary(
            (self["auths"]?.members ?? []).map { (LoginName.normalized($0.key), $0.value) },
            uniquingKeysWith: { first, _ in first })
        var key = "\(LoginName.normalized(repository.registry))/\(repository.name)"
        while true {
            if let entry = entries[key],
                let credential = try LoginEntry(entry, key: key, path: path, remedy: remedy).credential
            {
                return credential
            }
            guard let slash = key.lastIndex(of: "/") else { return nil }
            key = String(key[..<slash])
        }
    }

    /// True when it has a login to a registry or to what is below it, or names a helper for it alone.
    func mentions(_ name: LoginName) -> Bool { helper(for: name)?.isOwn == true || hasSecrets(keys(of: name)) }

    /// The keys of the entries for a registry and for what is below it.
    func keys(of name: LoginName) -> [String] {
        (self["auths"]?.members ?? []).map(\.key).filter { key in
            let key = LoginName.normalized(key)
            return key == name.normalized || key.hasPrefix("\(name.normalized)/")
        }
    }

    /// True when one of these entries has a credential, or something in its place that cannot be read.
    func hasSecrets(_ keys: [String]) -> Bool {
        (self["auths"]?.members ?? []).filter { keys.contains($0.key) }.contains { $0.value.members?.isEmpty != true }
    }

    /// Writes the entry of a registry, and removes others with another spelling of its name. An entry for a path on the
    /// registry stays.
    mutating func set(_ entry: JSONValue, for name: LoginName) {
        var entries = (self["auths"]?.members ?? []).filter {
            $0.key == name.server || LoginName.normalized($0.key) != name.normalized
        }
        let new = JSONMember(key: name.server, value: entry)
        if let index = entries.firstIndex(where: { $0.key == name.server }) {
            entries[index] = new
        } else {
            entries.append(new)
        }
        set("auths", .object(entries))
    }

    /// Removes entries.
    mutating func remove(_ keys: [String]) {
        set("auths", .object((self["auths"]?.members ?? []).filter { !keys.contains($0.key) }))
    }

    /// The whole content.
    var text: String { JSONValue.object(members).text }

    private subscript(key: String) -> JSONValue? { JSONValue.object(members)[key] }

    private mutating func set(_ key: String, _ value: JSONValue) {
        let member = JSONMember(key: key, value: value)
        if let index = members.firstIndex(where: { $0.key == key }) {
            members[index] = member
        } else {
            members.append(member)
        }
    }

    private static func isObject(_ value: JSONValue?) -> Bool {
        value == nil || value == .null || value?.members != nil
    }
}
