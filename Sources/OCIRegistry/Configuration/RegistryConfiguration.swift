public import Logging
public import Processes

/// Everything that a registry client needs to know.
public struct RegistryConfiguration: Sendable {
    /// Where user names and passwords come from.
    public var credentials: any CredentialSource = NoCredentials()
    /// Registries, as `host` or `host:port`, that are spoken to without TLS. Loopback registries are so anyway.
    public var plainHTTPHosts: Set<String> = []
    /// Whether loopback registries are spoken to without TLS.
    public var plainHTTPOnLoopback = true
    /// A PEM file of certificate authorities that are trusted besides the system's.
    public var certificateAuthorityFile: String?
    /// The proxies to go through.
    public var proxies = ProxySettings()
    /// Other hosts, as `host` or `host:port`, to which a registry may send uploads. They get no credentials.
    public var uploadHosts: Set<String> = []
    /// What the client calls itself.
    public var userAgent = "release-capsule"
    /// When to try again.
    public var retries = RetryPolicy()
    /// How long to wait.
    public var timeouts = RegistryTimeouts()
    /// What to refuse.
    public var limits = RegistryLimits()
    /// How to send blobs.
    public var uploads = UploadOptions()
    /// The time.
    public var clock: any RegistryClock = SystemRegistryClock()
    /// A number from 0 up to but not including 1, for jitter.
    public var random: @Sendable () -> Double = { Double.random(in: 0..<1) }
    /// Where to log: requests at `debug`, retries at `info`. Never credentials, nor queries of URLs.
    public var logger: Logger

    /// A configuration with no credentials and no proxies.
    public init(logger: Logger) {
        self.logger = logger
    }

    /// What a person's environment asks for: the proxies of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, and the
    /// credentials of `docker login` and `podman login`.
    public init(environment: [String: String], runner: any CommandRunner, logger: Logger) throws {
        self.init(logger: logger)
        proxies = try ProxySettings(environment: environment)
        credentials = DockerCredentials(environment: environment, runner: runner)
    }
}
