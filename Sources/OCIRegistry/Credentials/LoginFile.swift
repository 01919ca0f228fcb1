internal import Documents
internal import OCI
internal import Support

/// The content of a login file: docker's `config.json`, podman's `auth.json`. What it does not know is kept.
struct LoginFile: Sendable {
    /// The largest file that is read.
    static let maximumSize = 1 << 20
    private static let limits = JSONLimits(bytes: maximumSize, depth: 32, values: 100_000)
    /// Docker reads the keys of its fields in any letter case. Names of registries, headers and plugins may differ in that only.
    private static let keys = JSONKeyRule.fields(
        ["auths", "credHelpers", "credsStore"],
        freeForm: ["auths", "credHelpers", "HttpHeaders", "aliases", "features", "plugins", "proxies"])

    /// Its path.
    let path: String
    private(set) var members: [JSONMember]

    /// A file without logins.
    init(emptyAt path: String) {
        self.path = path
        members = []
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
        self.path = path
        if let bytes, bytes.allSatisfy({ [0x09, 0x0A, 0x0D, 0x20].contains($0) }) {
            members = []
            return
        }
        guard let bytes,
            let json = try? JSONParser.parse(bytes, file: path, limits: Self.limits, keys: Self.keys, visit: nil),
            let members = json.members, Self.isObject(json["auths"]), Self.isObject(json["credHelpers"])
        else {
            throw OCIError(.io, "\(path) is not a Docker configuration file; correct it or log in again")
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

    /// The credential under the longest name that covers a repository: a login to `host/team` counts before one to `host`.
    ///
    /// - Throws: `OCIError.Code.io` for an entry that cannot be read.
    func credential(for repository: Repository) throws(OCIError) -> Credential? {
        let entries = Dictionary(
            (self["auths"]?.members ?? []).map { (LoginName.normalized($0.key), $0.value) },
            uniquingKeysWith: { first, _ in first })
        var key = "\(LoginName.normalized(repository.registry))/\(repository.name)"
        while true {
            if let entry = entries[key], let credential = try LoginEntry(entry, key: key, path: path).credential {
                return credential
            }
            guard let slash = key.lastIndex(of: "/") else { return nil }
            key = String(key[..<slash])
        }
    }

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
