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
        case .certificateExpired:
            self.init(
                reason, isTransient: false, remedy: "ask its operator for a new one, or check the clock of this machine"
            )
        case .certificateForOtherName:
            self.init(
                reason, isTransient: false,
                remedy: "check the name \(quoted(host)), or ask its operator for a certificate that has it")
        case .unknownAuthority, .certificate:
            self.init(
                reason, isTransient: false,
                remedy:
                    "if it is your own registry, name the PEM file of its certificate authority with --ca-file, or store it "
                    + "as ca.crt in a directory certs.d/HOST:PORT")
        case .incompleteChain:
            self.init(
                reason, isTransient: false,
                remedy: "its operator must install the whole chain; until then, name the PEM file of the intermediate "
                    + "certificates with --ca-file")
        case .clientCertificate:
            self.init(reason, isTransient: false, remedy: Self.clientCertificateRemedy)
        case .proxyAuthentication:
            self.init(reason, isTransient: false, remedy: "put USER:PASSWORD@ into the proxy's address")
        default:
            self.init(reason, isTransient: failure.isTransient)
        }
    }

    static let clientCertificateRemedy =
        "name one with --client-cert and --client-key, or store it as client.cert and client.key in a directory "
        + "certs.d/HOST:PORT"

    /// The error after the last try.
    func error(_ doing: String) -> OCIError {
        OCIError(.unavailable, "\(doing): \(reason); \(remedy)")
    }
}
