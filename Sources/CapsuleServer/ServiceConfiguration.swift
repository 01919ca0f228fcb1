public import EvidencePolicies
public import Signing

/// The configuration of a service.
public struct ServiceConfiguration: Sendable {
    /// The address to listen on.
    public var host = "127.0.0.1"
    /// The port; 0 for any free port.
    public var port = 8080
    /// The certificate; nil for plain HTTP, behind a proxy or a mesh that terminates TLS.
    public var tls: TLSFiles?
    /// The repositories and remotes that requests may name.
    public var allowList: AllowList
    /// The keys of which one must have signed each release, for the repository that it is read from. An empty list
    /// requires no signature. The requirements of a stage's policy apply in addition.
    public var keys: [VerificationKey] = []
    /// The key that signs a statement about each promotion, which is attached to the capsule; nil when none is
    /// written.
    public var attestKey: SigningKey?
    /// The file of tokens.
    public var tokensFile: String?
    /// True when verifying requires no token.
    public var allowsAnonymousVerify = false
    /// The directory of cached Git objects and capsules.
    public var cacheDirectory: String
    /// The directory of promotions; nil for one in the cache.
    public var stateDirectory: String?
    /// The evidence policy of all promotions; nil for the one that each GitOps repository names.
    public var policy: EvidencePolicy?
    /// The time for which a resolved tag is cached.
    public var tagTTL: Duration = .seconds(10)
    /// The drain period after `stop`, in which requests are still accepted while `/readyz` returns 503.
    public var drainTime: Duration = .seconds(2)
    /// The grace period after the drain period, for running requests and promotions.
    public var graceTime: Duration = .seconds(30)
    /// The limits of the service.
    public var limits = ServiceLimits()

    /// Creates a configuration with the defaults.
    public init(allowList: AllowList, cacheDirectory: String) {
        self.allowList = allowList
        self.cacheDirectory = cacheDirectory
    }
}
