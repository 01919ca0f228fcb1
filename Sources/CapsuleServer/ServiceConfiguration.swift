internal import HTTPServer
package import Support

/// The configuration of a service.
package struct ServiceConfiguration: Sendable {
    /// The address to listen on.
    package var host = "127.0.0.1"
    /// The port; 0 for any free port.
    package var port = 8080
    /// The path below which the routes are.
    package var basePath: BasePath = .top
    /// The address of a port of its own for probes and metrics, over plain HTTP; nil for none.
    package var health: (host: String, port: Int)?
    /// The version of the program, for the metrics.
    package var version = ""
    /// The certificate; nil for plain HTTP, behind a proxy or a mesh that terminates TLS.
    package var tls: TLSFiles?
    /// What requests may name and what releases require, at the start.
    package var settings: ServiceSettings
    /// The files that the settings are read from again; nil for settings that never change.
    package var settingsFiles: SettingsFiles?
    /// The file of tokens.
    package var tokensFile: String?
    /// True when verifying requires no token.
    package var allowsAnonymousVerify = false
    /// The directory of cached Git objects and capsules.
    package var cacheDirectory: String
    /// The directory of cached renders, whose size is among the metrics; nil when renders are not cached.
    package var renderCacheDirectory: String?
    /// The directory of promotions; nil for one in the cache.
    package var stateDirectory: String?
    /// The time for which a resolved tag is cached.
    package var tagTTL: Duration = .seconds(10)
    /// The time between two runs that prune the review branches of the allowed remotes; nil for none, because a service that only
    /// reads Git has no login that may push.
    package var reviewInterval: Duration?
    /// The drain period after `stop`, in which requests are still accepted while `/readyz` returns 503.
    package var drainTime: Duration = .seconds(5)
    /// The grace period after the drain period, for running requests and promotions. Together they are shorter than the 30
    /// seconds after which Kubernetes kills a pod by default.
    package var graceTime: Duration = .seconds(20)
    /// The time for which a connection may be idle between requests.
    package var idleTime: Duration {
        get { limits.http.idleTime }
        set { limits.http.idleTime = newValue }
    }
    /// The limits of the service.
    package var limits = ServiceLimits()

    /// Lowers the limits of connections and of work to what a limit of open files allows, and returns that of connections; nil when
    /// it was not higher. As many connections again are accepted for probes, and work opens files as well.
    package mutating func fit(into openFiles: Int) -> Int? {
        let reserve = min(Self.workFiles, openFiles / 2)
        let width = max(1, reserve / (2 * Self.operationFiles))
        limits.verifications = min(limits.verifications, width)
        limits.deliveries = min(limits.deliveries, width)
        limits.runningPromotions = min(limits.runningPromotions, width)
        let room = openFiles - reserve
        limits.health.connections = min(limits.health.connections, max(1, room / 8))
        let connections = max(1, room / 2 - limits.health.connections)
        guard limits.http.connections > connections else { return nil }
        limits.http.connections = connections
        return connections
    }

    /// The files of one operation, those of the service itself included: pipes of programs, connections to registries, the caches.
    private static let operationFiles = 32
    /// The files of work: four renders and four promotions.
    private static let workFiles = 8 * operationFiles

    /// Creates a configuration with the defaults.
    package init(settings: ServiceSettings, cacheDirectory: String) {
        self.settings = settings
        self.cacheDirectory = cacheDirectory
    }
}
