internal import HTTPClient
internal import OCI
internal import Support

/// An exchange that came to no answer.
struct TransportFailure: Error {
    /// What happened, fit for a message: no address, no header.
    let reason: String
    /// Whether the same could work in a moment.
    let isTransient: Bool
    /// What to do about it.
    let remedy: String

    init(_ reason: String, isTransient: Bool = true, remedy: String = "check the network and try again") {
        self.reason = reason
        self.isTransient = isTransient
        self.remedy = remedy
    }

    /// Describes what the HTTP client could not do, and what to do about it.
    init(_ failure: HTTPFailure, host: String) {
        var reason = failure.reason
        if failure.party == .proxy, !reason.hasPrefix("the proxy") { reason = "the proxy: \(reason)" }
        switch failure.code {
        case .nameNotResolved where failure.party == .server:
            self.init("the name \(quoted(host)) cannot be resolved", remedy: "check the name and the network")
        case .notTLS where failure.party == .server:
            self.init(
                reason, isTransient: false,
                remedy: "if it is meant to be reached without TLS, name it with --plain-http")
        case .certificate where failure.party == .server:
            self.init(
                reason, isTransient: false,
                remedy: "if it is your own registry, give the certificate authority's PEM file")
        case .proxyAuthentication:
            self.init(reason, isTransient: false, remedy: "put USER:PASSWORD@ into the proxy's address")
        default:
            self.init(reason, isTransient: failure.isTransient)
        }
    }

    static let late = TransportFailure("it did not answer in time")

    /// The error for giving up.
    func error(_ doing: String) -> OCIError {
        OCIError(.unavailable, "\(doing): \(reason); \(remedy)")
    }
}
