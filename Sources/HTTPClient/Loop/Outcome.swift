internal import CCurl

/// Maps libcurl's results to `HTTPFailure`. Versions of libcurl report the same failure differently, some of them only in a
/// text, which is searched for known words.
extension Transfer {
    /// The result of the exchange, by libcurl's code.
    func outcome(_ code: CURLcode) -> Result<Void, any Error> {
        if let failure { return .failure(failure) }
        // A connection that ends inside of the head can be a success to libcurl.
        if code == CURLE_OK { return head.isComplete ? .success(()) : .failure(HTTPFailure.closed) }
        return .failure(describe(code))
    }

    /// `CURLE_TOO_LARGE`, which the headers of older versions lack.
    private static let tooLarge = CURLcode(100)

    private func describe(_ code: CURLcode) -> HTTPFailure {
        if let failure = proxyAnswer() { return failure }
        let text = easy.errorDetail.lowercased()
        let party = party(code)
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            return HTTPFailure(.nameNotResolved, "its name cannot be resolved", by: party)
        case CURLE_OPERATION_TIMEDOUT:
            return .connectTimeout(by: party)
        case CURLE_COULDNT_CONNECT:
            return Self.describe(errno: easy.number(CURLINFO_OS_ERRNO), by: party)
        case CURLE_PROXY:
            return socksFailure()
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            return untrusted(text, by: party)
        case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CRL_BADFILE:
            return .invalid("the file of certificate authorities cannot be used")
        case CURLE_SSL_CERTPROBLEM:
            return HTTPFailure(
                .clientCertificate, "the client certificate and its key cannot be used, or do not belong together",
                by: .client, isTransient: false)
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED:
            return describe(handshake: text, by: party)
        case CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_BAD_CONTENT_ENCODING:
            return .notHTTP("it did not answer in HTTP, or its response was cut short")
        case CURLE_BAD_FUNCTION_ARGUMENT where isConnected && !head.isComplete:
            // A fold as the first line of the head.
            return .notHTTP("it did not answer in HTTP, or its response was cut short")
        case CURLE_OUT_OF_MEMORY where isConnected && !head.isComplete, Self.tooLarge:
            return HeadReader.tooLarge
        case CURLE_OUT_OF_MEMORY:
            return EasyHandle.noMemory
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND:
            return describe(broken: text, by: party)
        default:
            return HTTPFailure(.io, "the connection failed: \(CurlLibrary.text(code))", by: party)
        }
    }

    /// The failure of a proxy that did not answer CONNECT with success.
    private func proxyAnswer() -> HTTPFailure? {
        guard let proxy = exchange.request.proxy, proxy.scheme.isHTTP else { return nil }
        let status = easy.number(CURLINFO_HTTP_CONNECTCODE)
        switch status {
        case 0, 200..<300: return nil
        case 407: return .proxyLogin
        default:
            return HTTPFailure(
                .proxyRefused, "the proxy answers \(status) and did not make the connection", by: .proxy,
                isTransient: status >= 500 || status == 429 || status == 408)
        }
    }

    /// The party that failed. Until a proxy has made the connection, that is the proxy. A success status alone does not count,
    /// because its head may never end; TLS failures and time-outs after it are the server's.
    private func party(_ code: CURLcode) -> HTTPFailure.Party {
        guard let proxy = exchange.request.proxy, !isConnected else { return .server }
        let saidYes =
            proxy.scheme.isHTTP && (200..<300).contains(easy.number(CURLINFO_HTTP_CONNECTCODE))
        let comesAfter = [CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_OPERATION_TIMEDOUT]
        return saidYes && comesAfter.contains(code) ? .server : .proxy
    }

    private func socksFailure() -> HTTPFailure {
        var reason = "the proxy did not make the connection"
        switch CURLproxycode(UInt32(clamping: easy.number(CURLINFO_PROXY_ERROR))) {
        case CURLPX_USER_REJECTED, CURLPX_NO_AUTH, CURLPX_REPLY_UNASSIGNED, CURLPX_IDENTD, CURLPX_IDENTD_DIFFER:
            return .proxyLogin
        case CURLPX_RESOLVE_HOST:
            return HTTPFailure(.nameNotResolved, "its name cannot be resolved")
        case CURLPX_REPLY_HOST_UNREACHABLE, CURLPX_REPLY_NETWORK_UNREACHABLE: reason = "the proxy finds no route to it"
        case CURLPX_REPLY_CONNECTION_REFUSED: reason = "the proxy's connection to it was refused"
        case CURLPX_REPLY_NOT_ALLOWED:
            return HTTPFailure(
                .proxyRefused, "the proxy does not allow the connection", by: .proxy, isTransient: false)
        case CURLPX_CLOSED: return HTTPFailure(.closed, "the proxy closed the connection", by: .proxy)
        case CURLPX_BAD_VERSION, CURLPX_BAD_ADDRESS_TYPE: reason = "the proxy does not speak this version of SOCKS"
        default: break
        }
        return HTTPFailure(.proxyRefused, reason, by: .proxy)
    }

    /// The alerts, as OpenSSL names them, of a server that does not accept a certificate.
    private static let clientAlerts = [
        "bad certificate", "unknown ca", "certificate unknown", "certificate expired", "certificate revoked",
        "unsupported certificate", "access denied",
    ]

    /// The failure of a certificate that is not trusted, by OpenSSL's number of the reason.
    private func untrusted(_ text: String, by party: HTTPFailure.Party) -> HTTPFailure {
        func failure(_ code: HTTPFailure.Code, _ reason: String) -> HTTPFailure {
            HTTPFailure(code, "its TLS certificate \(reason)", by: party, isTransient: false)
        }
        let result = easy.number(party == .proxy ? CURLINFO_PROXY_SSL_VERIFYRESULT : CURLINFO_SSL_VERIFYRESULT)
        switch result {
        case 9: return failure(.certificateExpired, "is not valid yet")
        case 10: return failure(.certificateExpired, "has expired")
        case 18: return failure(.unknownAuthority, "is signed by itself, and not trusted")
        case 19: return failure(.unknownAuthority, "is signed by an authority that is not trusted")
        case 2, 20, 21:
            guard handshake.certificates == 1 else {
                return failure(.unknownAuthority, "is signed by an authority that is not trusted")
            }
            guard !handshake.namesIssuer else {
                return failure(
                    .incompleteChain, "comes without the intermediate certificates that lead to an authority")
            }
            return failure(
                .unknownAuthority,
                "is signed by an authority that is not trusted, or comes without the intermediate certificates that lead to "
                    + "one")
        case 62, 63, 64: return failure(.certificateForOtherName, "is for another name")
        default:
            if text.contains("subject name") || text.contains("does not match") {
                return failure(.certificateForOtherName, "is for another name")
            }
            return failure(.certificate, "is not trusted (reason \(result))")
        }
    }

    private static func describe(errno: Int, by party: HTTPFailure.Party) -> HTTPFailure {
        // The numbers of Linux and of macOS.
        switch errno {
        case 111, 61: HTTPFailure(.refused, "the connection was refused", by: party)
        case 104, 54: HTTPFailure(.reset, "the connection was reset", by: party)
        case 113, 65, 101, 51: HTTPFailure(.noRoute, "there is no route to it", by: party)
        case 110, 60: HTTPFailure(.connectTimeout, "a connection could not be made in time", by: party)
        default: HTTPFailure(.io, "the connection failed (errno \(errno))", by: party)
        }
    }

    private func describe(broken text: String, by party: HTTPFailure.Party) -> HTTPFailure {
        if text.contains("chunk") || text.contains("malformed") {
            return .notHTTP("it did not answer in HTTP, or its response was cut short")
        }
        if text.contains("reset by peer") { return HTTPFailure(.reset, "the connection was reset", by: party) }
        if text.contains("alert") { return describe(handshake: text, by: party) }
        return HTTPFailure(.closed, "it closed the connection", by: party)
    }

    private func describe(handshake text: String, by party: HTTPFailure.Party) -> HTTPFailure {
        let foreign = ["wrong version number", "http request", "packet length too long", "record layer failure"]
        if foreign.contains(where: { text.contains($0) }) {
            return HTTPFailure(.notTLS, "it does not speak TLS", by: party, isTransient: false)
        }
        if text.contains("reset by peer") { return HTTPFailure(.reset, "the connection was reset", by: party) }
        // Of a server with TLS 1.2, the alert for a certificate that is missing has the same name as others.
        if text.contains("certificate required") || text.contains("handshake failure") && handshake.requestsCertificate
        {
            return HTTPFailure(.clientCertificate, "it requires a client certificate", by: party, isTransient: false)
        }
        if handshake.requestsCertificate, Self.clientAlerts.contains(where: { text.contains("alert \($0)") }) {
            let isSent = party == .proxy ? easy.hasProxyClientCertificate : easy.hasClientCertificate
            return HTTPFailure(
                .clientCertificate,
                isSent ? "it does not accept the client certificate" : "it requires a client certificate", by: party,
                isTransient: false)
        }
        if text.contains("handshake failure") || text.contains("version") {
            return HTTPFailure(
                .tls,
                "the TLS connection failed: it requires another version or other algorithms; TLS 1.2 is the minimum",
                by: party, isTransient: false)
        }
        return HTTPFailure(.tls, "the TLS connection failed", by: party)
    }
}

extension HTTPFailure {
    static let proxyLogin = HTTPFailure(
        .proxyAuthentication, "the proxy requires authentication", by: .proxy, isTransient: false)

    static func connectTimeout(by party: Party = .server) -> HTTPFailure {
        HTTPFailure(.connectTimeout, "a connection could not be made in time", by: party)
    }
}
