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
    /// The kind of failure of the HTTP client; nil for a failure that the client did not report.
    let code: HTTPFailure.Code?

    init(
        _ reason: String, isTransient: Bool = true, remedy: String = "check the network and try again",
        code: HTTPFailure.Code? = nil
    ) {
        self.reason = reason
        self.isTransient = isTransient
        self.remedy = remedy
        self.code = code
    }

    /// Describes a failure of the HTTP client.
    ///
    /// - Parameter proxy: the proxy of the request.
    init(_ failure: HTTPFailure, host: String, proxy: ProxySettings.Proxy? = nil) {
        if failure.party == .proxy, let proxy {
            self.init(failure, host: host, by: proxy)
            return
        }
        let reason = failure.reason
        switch failure.code {
        case .nameNotResolved where failure.party == .server:
            self.init(
                "the name \(quoted(host)) cannot be resolved", remedy: "check the name and the network",
                code: failure.code)
        case .notTLS where failure.party == .server:
            self.init(
                reason, isTransient: false,
                remedy: "if the host serves plain HTTP, name it with --plain-http", code: failure.code)
        case let code where code.isAboutCertificate:
            self.init(
                reason, isTransient: false, remedy: Self.certificateRemedy(code, of: host), code: code)
        default:
            self.init(reason, isTransient: failure.isTransient, code: failure.code)
        }
    }

    /// What to do about a certificate of a server or a proxy.
    private static func certificateRemedy(_ code: HTTPFailure.Code, of host: String) -> String {
        switch code {
        case .certificateExpired: "ask its operator for a new one, or check the clock of this machine"
        case .certificateForOtherName:
            "check the name \(quoted(host)), or ask its operator for a certificate that has it"
        case .incompleteChain:
            "its operator must install the whole chain; until then, name the PEM file of the intermediate certificates with "
                + "--ca-file"
        case .clientCertificate: clientCertificateRemedy
        default:
            "if it is your own, name the PEM file of its certificate authority with --ca-file, or store it as ca.crt in a "
                + "directory certs.d/HOST:PORT"
        }
    }

    static let clientCertificateRemedy =
        "name one with --client-cert and --client-key, or store it as client.cert and client.key in a directory "
        + "certs.d/HOST:PORT"

    /// Describes the failure of a proxy: which one it is, who named it, and what it did.
    private init(_ failure: HTTPFailure, host: String, by proxy: ProxySettings.Proxy) {
        let named = "the proxy \(proxy) of \(proxy.variable)"
        let subject = "the proxy "
        let reason = failure.reason
        let remedy =
            switch failure.code {
            case .proxyAuthentication: "put USER:PASSWORD@ into the address in \(proxy.variable)"
            case .proxyRefused where !failure.isTransient:
                "let the proxy allow \(quoted(host)), or name the host in NO_PROXY"
            case .proxyRefused: "ask the proxy's operator, or try again later"
            case .notTLS: "if the proxy has no TLS, write http:// in \(proxy.variable)"
            case let code where code.isAboutCertificate: Self.certificateRemedy(code, of: proxy.host)
            default: "check \(proxy.variable) and the network"
            }
        self.init(
            reason.hasPrefix(subject) ? "\(named) \(reason.dropFirst(subject.count))" : "\(named): \(reason)",
            isTransient: failure.isTransient, remedy: remedy)
    }

    /// The same with a better remedy, when the other side may speak TLS: it answered plain HTTP with something else.
    func overPlainHTTP(to origin: Origin) -> TransportFailure {
        guard origin.scheme == .http, code == .notHTTP else { return self }
        return TransportFailure(reason, isTransient: isTransient, remedy: Self.plainHTTPRemedy, code: code)
    }

    /// What to do about a registry that may speak TLS, and is reached over plain HTTP.
    static let plainHTTPRemedy = "if it speaks TLS, leave out --plain-http"

    /// The error after the last try.
    func error(_ doing: String) -> OCIError {
        OCIError(.unavailable, "\(doing): \(reason); \(remedy)")
    }
}
