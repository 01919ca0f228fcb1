package import Documents
internal import Synchronization

/// The cluster and the services that the Promotions of a test use. It maps the URLs of manifests to this machine, and
/// records the changes to objects that a test does not run, such as Argo CD Applications.
package final class KargoCluster: Sendable {
    /// An Argo CD Application.
    package struct Application: Sendable {
        package var name: String
        package var namespace: String
        /// The annotation `kargo.akuity.io/authorized-stage`; nil when it is absent.
        package var authorizedStage: String?
        /// The repository of the source; nil accepts any.
        package var repoURL: String?
        /// False when what is synced never gets healthy.
        package var getsReady = true
        /// The number of looks that do not find it, because the ApplicationSet has not made it yet.
        package var absentLooks = 0

        package init(name: String, namespace: String = "argocd", authorizedStage: String?, repoURL: String? = nil) {
            self.name = name
            self.namespace = namespace
            self.authorizedStage = authorizedStage
            self.repoURL = repoURL
        }
    }

    /// An update that `argocd-update` requested.
    package struct ApplicationUpdate: Hashable, Sendable {
        package var promotion: String
        package var application: String
        /// The revision to sync to; nil when the step does not name one.
        package var desiredRevision: String?
    }

    /// What the controller does with commits that reached a branch after the clone, before it pushes. It is a setting of the
    /// controller; no step can change it.
    package enum PushPolicy: Sendable, CaseIterable {
        /// The default up to 1.11.
        case rebase
        /// What the default of 1.12, rebase-or-merge, does where a rebase would change signatures.
        case merge
    }

    /// The minor version of Kargo 1: 9, 10 or 11.
    package let minorVersion: Int
    /// True when Kargo's webhooks run. They generate missing aliases and replace tasks by their steps.
    package let hasWebhooks: Bool
    /// True when `oci-download` accepts a registry with a port, as Kargo does since 1.10.
    package let allowsRegistryPorts: Bool
    /// Replacements for prefixes of URLs in manifests: Git remotes, registries (by host) and services on this machine.
    package let addresses: [String: String]
    /// The data of the Secrets of the project, by name.
    package let secrets: [String: [String: String]]
    /// The data of the ConfigMaps of the project, by name.
    package let configMaps: [String: [String: String]]
    /// The Argo CD Applications.
    package let applications: [Application]
    /// The Stages of the project that metadata can be set on; nil accepts any.
    package let stages: Set<String>?
    /// What `git-push` does with commits of others.
    package let pushPolicy: PushPolicy
    /// The pull requests.
    package let forge: FakeForge
    private let state = Mutex(State())

    private struct State {
        var updates: [ApplicationUpdate] = []
        var metadata: [String: [String: JSONValue]] = [:]
        var looks: [String: Int] = [:]
    }

    /// - Parameter allowsRegistryPorts: nil follows the version; true allows a loopback registry in a test of 1.9.
    package init(
        minorVersion: Int = 11, hasWebhooks: Bool = true, addresses: [String: String] = [:],
        secrets: [String: [String: String]] = [:], configMaps: [String: [String: String]] = [:],
        applications: [Application] = [], stages: Set<String>? = nil, allowsRegistryPorts: Bool? = nil,
        pushPolicy: PushPolicy = .rebase, forge: FakeForge? = nil
    ) {
        self.minorVersion = minorVersion
        self.hasWebhooks = hasWebhooks
        self.allowsRegistryPorts = allowsRegistryPorts ?? (minorVersion >= 10)
        self.addresses = addresses
        self.secrets = secrets
        self.configMaps = configMaps
        self.applications = applications
        self.stages = stages
        self.pushPolicy = pushPolicy
        self.forge = forge ?? FakeForge(addresses: addresses)
    }

    /// The same cluster with other Applications or another push policy, and with the same pull requests.
    package func changed(applications: [Application]? = nil, pushPolicy: PushPolicy? = nil) -> KargoCluster {
        KargoCluster(
            minorVersion: minorVersion, hasWebhooks: hasWebhooks, addresses: addresses, secrets: secrets,
            configMaps: configMaps, applications: applications ?? self.applications, stages: stages,
            allowsRegistryPorts: allowsRegistryPorts, pushPolicy: pushPolicy ?? self.pushPolicy, forge: forge)
    }

    /// The updates that `argocd-update` requested, in order.
    package var applicationUpdates: [ApplicationUpdate] { state.withLock { $0.updates } }

    /// The Application with a name; nil while it does not exist.
    func application(_ name: String, in namespace: String) -> Application? {
        guard let found = applications.first(where: { $0.name == name && $0.namespace == namespace }) else {
            return nil
        }
        return state.withLock { state in
            state.looks["\(namespace)/\(name)", default: 0] += 1
            return state.looks["\(namespace)/\(name)", default: 0] > found.absentLooks ? found : nil
        }
    }

    func record(_ update: ApplicationUpdate) { state.withLock { $0.updates.append(update) } }

    /// The metadata that `set-metadata` wrote to a Stage or to Freight.
    package func metadata(kind: String, name: String) -> [String: JSONValue] {
        state.withLock { $0.metadata["\(kind)/\(name)"] ?? [:] }
    }

    func setMetadata(kind: String, name: String, _ values: [JSONMember]) {
        state.withLock { state in
            for member in values { state.metadata["\(kind)/\(name)", default: [:]][member.key] = member.value }
        }
    }

    /// The URL or host on this machine that replaces one of a manifest.
    package func address(of url: String) -> String { Self.address(of: url, in: addresses) }

    static func address(of url: String, in addresses: [String: String]) -> String {
        let match = addresses.keys.filter { url.hasPrefix($0) }.max { $0.count < $1.count }
        guard let match, let address = addresses[match] else { return url }
        return address + url.dropFirst(match.count)
    }
}
