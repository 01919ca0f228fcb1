package import EvidencePolicies
package import Signing
internal import Support

/// What an operator may change while a service runs: what requests may name, and what releases require.
package struct ServiceSettings: Sendable {
    /// The repositories and remotes that requests may name.
    package var allowList: AllowList
    /// The keys of which one must have signed each release, for the repository that it is read from. An empty list
    /// requires no signature. The requirements of a stage's policy apply in addition.
    package var keys: [VerificationKey] = []
    /// The key that signs a statement about each promotion, which is attached to the capsule; nil when none is
    /// written.
    package var attestKey: SigningKey?
    /// The evidence policy of all promotions; nil for the one that each GitOps repository names.
    package var policy: EvidencePolicy?
    /// The states of the files when they were read.
    fileprivate(set) var revision = ""

    /// Creates settings that allow what the list names, and require nothing.
    package init(allowList: AllowList) { self.allowList = allowList }
}

/// The files that settings are read from.
package struct SettingsFiles: Sendable {
    private let names: @Sendable () -> [String]
    private let load: @Sendable () throws -> ServiceSettings

    /// - Parameters:
    ///   - names: the files. Some may be named by others, so they are listed again before each check.
    ///   - load: reads them.
    package init(
        names: @escaping @Sendable () -> [String], load: @escaping @Sendable () throws -> ServiceSettings
    ) {
        self.names = names
        self.load = load
    }

    /// Reads the settings.
    package func read() throws -> ServiceSettings {
        // The revision is read first, so that a change while the files are read is found by the next check.
        let revision = revision
        var settings = try load()
        settings.revision = revision
        return settings
    }

    /// A text that changes when one of the files changes.
    var revision: String { names().map { "\($0) \(FileRevision.of($0))" }.joined(separator: "\n") }
}
