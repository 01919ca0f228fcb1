public import Documents
internal import Synchronization

/// What surrounds the promotions of a test: the cluster's settings, the machines behind the names in manifests, and a record
/// of what steps did to things that are not here.
public final class KargoWorld: Sendable {
    /// An Argo CD Application.
    public struct Application: Sendable {
        /// Its name.
        public var name: String
        /// Its namespace.
        public var namespace: String
        /// The value of `kargo.akuity.io/authorized-stage`; nil when it has none.
        public var authorizedStage: String?
        /// The repository that it deploys from; nil to take any.
        public var repoURL: String?

        /// Describes an Application.
        public init(name: String, namespace: String = "argocd", authorizedStage: String?, repoURL: String? = nil) {
            self.name = name
            self.namespace = namespace
            self.authorizedStage = authorizedStage
            self.repoURL = repoURL
        }
    }

    /// An update that `argocd-update` asked for.
    public struct ApplicationUpdate: Hashable, Sendable {
        /// The Promotion.
        public var promotion: String
        /// The Application.
        public var application: String
        /// The revision that is to be synced to; nil where none is named.
        public var desiredRevision: String?
    }

    /// The minor version of Kargo 1: 9, 10 or 11.
    public let minorVersion: Int
    /// Whether Kargo's webhooks run: they name steps that have no name, and inflate tasks.
    public let hasWebhooks: Bool
    /// Whether `oci-download` takes a reference with a port: Kargo does from 1.10 on.
    public let allowsRegistryPorts: Bool
    /// Prefixes of URLs in manifests, and what stands there instead on this machine: Git remotes, registries (by host) and
    /// services.
    public let addresses: [String: String]
    /// The project's secrets: keys and values by name.
    public let secrets: [String: [String: String]]
    /// The project's ConfigMaps.
    public let configMaps: [String: [String: String]]
    /// Argo CD's Applications.
    public let applications: [Application]
    /// The names of the project's Stages that metadata may be set on; nil for any.
    public let stages: Set<String>?
    /// Where pull requests are.
    public let forge: FakeForge
    private let state = Mutex(State())

    private struct State {
        var updates: [ApplicationUpdate] = []
        var metadata: [String: [String: JSONValue]] = [:]
    }

    /// Describes what surrounds promotions.
    ///
    /// - Parameter allowsRegistryPorts: nil for what the version does; true lets a test of 1.9 use a loopback registry.
    public init(
        minorVersion: Int = 11, hasWebhooks: Bool = true, addresses: [String: String] = [:],
        secrets: [String: [String: String]] = [:], configMaps: [String: [String: String]] = [:],
        applications: [Application] = [], stages: Set<String>? = nil, allowsRegistryPorts: Bool? = nil
    ) {
        self.minorVersion = minorVersion
        self.hasWebhooks = hasWebhooks
        self.allowsRegistryPorts = allowsRegistryPorts ?? (minorVersion >= 10)
        self.addresses = addresses
        self.secrets = secrets
        self.configMaps = configMaps
        self.applications = applications
        self.stages = stages
        forge = FakeForge(addresses: addresses)
    }

    /// What `argocd-update` asked for, in order.
    public var applicationUpdates: [ApplicationUpdate] { state.withLock { $0.updates } }

    func record(_ update: ApplicationUpdate) { state.withLock { $0.updates.append(update) } }

    /// What `set-metadata` set on a Stage or on Freight.
    public func metadata(kind: String, name: String) -> [String: JSONValue] {
        state.withLock { $0.metadata["\(kind)/\(name)"] ?? [:] }
    }

    func setMetadata(kind: String, name: String, _ values: [JSONMember]) {
        state.withLock { state in
            for member in values { state.metadata["\(kind)/\(name)", default: [:]][member.key] = member.value }
        }
    }

    /// What stands on this machine for a URL or a host of a manifest.
    public func address(of url: String) -> String { Self.address(of: url, in: addresses) }

    static func address(of url: String, in addresses: [String: String]) -> String {
        let match = addresses.keys.filter { url.hasPrefix($0) }.max { $0.count < $1.count }
        guard let match, let address = addresses[match] else { return url }
        return address + url.dropFirst(match.count)
    }
}
