internal import HTTPClient
internal import OCI
internal import Support

/// A request that failed without a response.
struct TransportFailure: Error {
    /// The reason, without addresses and header fields.
    let reason: String
    /// True when another try can succeed.
    let isTransient: Bool
    /// The remedy for the user.
    let remedy: String

    init(_ reason: String, isTransient: Bool = true, remedy: String = "check the network and try again") {
        self.reason = reason
        self.isTransient = isTransient
        self.remedy = remedy
    }

    /// Describes a failure of the HTTP client.
    init(_ failure: HTTPFailure, host: String) {
        var reason = failure.reason
        if failure.party == .proxy, !reason.hasPrefix("the proxy") { reason = "the proxy: \(reason)" }
        switch failure.code {
        case .nameNotResolved where failure.party == .server:
            self.init("the name \(quoted(host)) cannot be resolved", remedy: "check the name and the network")
        case .notTLS where failure.party == .server:
            self.init(
                reason, isTransient: false,
                remedy: "if the host serves plain HTTP, name it with --plain-http")
        case .certificate where failure.party == .server:
            self.init(
                reason, isTransient: false,
                remedy: "if it is your own registry, pass its certificate authority's PEM file")
        case .proxyAuthentication:
            self.init(reason, isTransient: false, remedy: "put USER:PASSWORD@ into the proxy's address")
        default:
            self.init(reason, isTransient: failure.isTransient)
        }
    }

    /// The error after the last try.
    func error(_ doing: String) -> OCIError {
        OCIError(.unavailable, "\(doing): \(reason); \(remedy)")
    }
}
