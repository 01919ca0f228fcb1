internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import OCI

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

    /// Describes what the HTTP client threw. Only known texts are used: the library's own may hold addresses.
    init(_ error: any Error, host: String) {
        switch error {
        case let failure as TransportFailure:
            self = failure
        case let error as HTTPClientError where error == .readTimeout || error == .deadlineExceeded:
            self.init("it did not answer in time")
        case let error as HTTPClientError where error == .writeTimeout:
            self.init("it stopped taking data")
        case let error as HTTPClientError where error == .connectTimeout || error == .getConnectionFromPoolTimeout:
            self.init("a connection could not be made in time")
        case let error as HTTPClientError where error == .proxyAuthenticationRequired:
            self.init(
                "the proxy wants a login", isTransient: false, remedy: "put USER:PASSWORD@ into the proxy's address")
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            self.init("it closed the connection")
        case let error as HTTPClientError:
            self.init(error.shortDescription.lowercased())
        case let error as NIOConnectionError:
            self = Self.describe(error)
        case let error as NIOSSLError:
            self = Self.describe("\(error)", host: host)
        case let error as BoringSSLError:
            self = Self.describe("\(error)", host: host)
        case let error as NIOSSLExtraError:
            self = Self.describe("\(error)", host: host)
        case let error as IOError:
            self.init(Self.text(of: error))
        case is HTTPParserError:
            self.init("it did not answer in HTTP, or its answer was cut short")
        default:
            self.init("the connection failed")
        }
    }

    /// The error for giving up.
    func error(_ doing: String) -> OCIError {
        OCIError(.unavailable, "\(doing): \(reason); \(remedy)")
    }

    private static func describe(_ error: NIOConnectionError) -> TransportFailure {
        guard let first = error.connectionErrors.first else {
            return TransportFailure(
                "the name \(quoted(error.host)) cannot be resolved", remedy: "check the name and the network")
        }
        return TransportFailure((first.error as? IOError).map(text) ?? "no connection could be made")
    }

    private static func text(of error: IOError) -> String {
        switch error.errnoCode {
        case 111, 61: "the connection was refused"
        case 104, 54: "the connection was reset"
        case 113, 65: "there is no route to it"
        case 32: "it closed the connection"
        default: "the connection failed (errno \(error.errnoCode))"
        }
    }

    private static func describe(_ text: String, host: String) -> TransportFailure {
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return TransportFailure(
                "it does not speak TLS", isTransient: false,
                remedy: "if it is meant to be reached without TLS, name it with --plain-http")
        }
        if text.contains("CERTIFICATE") || text.contains("Hostname") {
            return TransportFailure(
                "its TLS certificate is not trusted, has expired, or is for another name", isTransient: false,
                remedy: "if it is your own registry, give the certificate authority's PEM file")
        }
        return TransportFailure("the TLS connection failed")
    }
}
