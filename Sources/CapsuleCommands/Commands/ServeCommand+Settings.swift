internal import CapsuleServer
internal import EvidencePolicies
internal import GitOps
internal import Signing
internal import Support
internal import Synchronization

extension ServeCommand {
    /// The files that may change while the service runs, and how they are read: the allow-list in `--config`, the keys and the
    /// policy.
    func settingsFiles(_ session: Session) -> SettingsFiles {
        let attestKey = StatementKey(statement)
        return SettingsFiles(
            names: {
                [global.config].compactMap { $0 } + key + (policy.map { EvidencePolicy.files(of: $0) } ?? [])
                    + attestKey.files
            },
            load: {
                var settings = ServiceSettings(allowList: try allowList(session))
                settings.keys = try TrustOptions.keys(key)
                settings.attestKey = try attestKey.read(session)
                settings.policy = try policy.map { try PolicyOptions.load($0) }
                return settings
            })
    }

    private func allowList(_ session: Session) throws -> AllowList {
        let remotes = try allowRemote.map { try GitRemote($0, plainHTTPHosts: global.plainHTTPHosts) }
        var allowed = try AllowList(repositories: allowRepository, remotes: remotes)
        if let named = try session.namedConfiguration() { allowed = allowed.adding(try AllowList(named)) }
        guard !allowed.isEmpty else {
            throw UsageError(
                "no repository is allowed; give --allow-repository, or --config to allow the repositories of a "
                    + "capsule.yaml")
        }
        return allowed
    }
}

/// The key of `--attest-key`. It is decrypted again only when its files have changed: that takes a tenth of a second, and may
/// prompt for the password.
private final class StatementKey: Sendable {
    private let options: StatementKeyOptions
    private let last = Mutex<(revision: [String], key: SigningKey?)?>(nil)

    init(_ options: StatementKeyOptions) { self.options = options }

    /// The files of the key and its password.
    var files: [String] {
        [options.attestKey.flatMap { $0.hasPrefix("env://") ? nil : $0 }, options.password.passwordFile].compactMap {
            $0
        }
    }

    func read(_ session: Session) throws -> SigningKey? {
        let revision = files.map(FileRevision.of)
        if let last = last.withLock({ $0 }), last.revision == revision { return last.key }
        let key = try options.key(session)
        last.withLock { $0 = (revision, key) }
        return key
    }
}
