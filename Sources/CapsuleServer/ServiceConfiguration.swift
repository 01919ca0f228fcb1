public import CapsuleDelivery
public import Signing

/// How a service runs.
public struct ServiceConfiguration: Sendable {
    /// The address to listen on.
    public var host = "127.0.0.1"
    /// The port; 0 for one that is free.
    public var port = 8080
    /// Nil for plain HTTP, behind a proxy or a mesh that does TLS.
    public var tls: TLSFiles?
    /// What requests may name.
    public var allowList: AllowList
    /// The keys of which one must have signed each release, for the repository that it is read from. Empty asks for no
    /// signature; what the policy of a stage asks for comes on top.
    public var keys: [VerificationKey] = []
    /// The key that a statement about each promotion is signed with, which is left beside the capsule; nil leaves none.
    public var attestKey: SigningKey?
    /// The file of tokens.
    public var tokensFile: String?
    /// Whether verifying needs no token.
    public var allowsAnonymousVerify = false
    /// Where Git objects and capsules are kept between requests.
    public var cacheDirectory: String
    /// Where promotions are kept until they are forgotten; nil for a directory in the cache.
    public var stateDirectory: String?
    /// The policy that holds for all promotions; nil for the one that each GitOps repository names.
    public var policy: EvidencePolicy?
    /// How long it is taken for true what a tag names.
    public var tagTTL: Duration = .seconds(10)
    /// How long requests are still taken after the service was asked to stop, while `/readyz` says so.
    public var drainTime: Duration = .seconds(2)
    /// How long what runs then may take to end.
    public var graceTime: Duration = .seconds(30)
    /// How much the service takes on.
    public var limits = ServiceLimits()

    /// A configuration with the defaults.
    public init(allowList: AllowList, cacheDirectory: String) {
        self.allowList = allowList
        self.cacheDirectory = cacheDirectory
    }
}
