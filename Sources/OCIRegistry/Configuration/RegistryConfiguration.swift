public import Logging
public import Processes
public import Support

/// The configuration of a registry client.
public struct RegistryConfiguration: Sendable {
    /// The source of credentials.
    public var credentials: any CredentialSource = NoCredentials()
    /// Registries, as `host` or `host:port`, that are reached over plain HTTP, in addition to those on loopback.
    public var plainHTTPHosts: Set<String> = []
    /// True when loopback registries are reached over plain HTTP.
    public var plainHTTPOnLoopback = true
    /// Where the certificates for registries are found.
    public var trust = TrustSettings()
    /// The proxies.
    package var proxies = ProxySettings()
    /// Other hosts, as `host` or `host:port`, that a registry may direct uploads to. They receive no credentials.
    public var uploadHosts: Set<String> = []
    /// The `User-Agent` of requests.
    public var userAgent = "release-capsule"
    /// The retry policy.
    public var retries = RetryPolicy()
    /// The time-outs.
    public var timeouts = RegistryTimeouts()
    /// The limits.
    package var limits = RegistryLimits()
    /// The settings of uploads.
    package var uploads = UploadOptions()
    /// The clock.
    package var clock: any RegistryClock = SystemRegistryClock()
    /// A number from 0 up to but not including 1, for jitter.
    package var random: @Sendable () -> Double = { Double.random(in: 0..<1) }
    /// The cache of content that is read by its digest; nil reads everything from the registry.
    package var cache: ContentCache?
    /// The logger: requests at `debug`, retries at `info`. Credentials and queries of URLs are never logged.
    public var logger: Logger

    /// A configuration with no credentials and no proxies.
    public init(logger: Logger) {
        self.logger = logger
    }

    /// A configuration from the user's environment: the proxies of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, the
    /// certificates of `SSL_CERT_FILE`, `SSL_CERT_DIR` and the directories `certs.d`, and the logins of docker, podman and
    /// skopeo.
    public init(environment: [String: String], runner: any CommandRunner, logger: Logger) {
        self.init(logger: logger)
        proxies = ProxySettings(environment: environment)
        trust = TrustSettings(environment: environment)
        credentials = DockerCredentials(environment: environment, runner: runner)
    }

    var plainHTTP: PlainHTTPRule { PlainHTTPRule(hosts: plainHTTPHosts, loopback: plainHTTPOnLoopback) }
}
