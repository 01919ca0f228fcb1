internal import CCurl
internal import HTTPMessages

/// The options of a request. Several of them disable what libcurl does by default.
extension EasyHandle {
    /// Sets everything but the callbacks.
    ///
    /// - Throws: `HTTPFailure.Code.io`
    mutating func prepare(_ request: HTTPRequest, _ configuration: HTTPClientConfiguration) throws(HTTPFailure) {
        try setErrorText()
        try setBounds(configuration)
        try setMessage(request)
        if request.usesNewConnection { try set(CURLOPT_FRESH_CONNECT, true) }
        try setProxy(request.proxy)
        if request.origin.scheme == .https { try set(configuration.trust(request.origin)) }
        if let proxy = request.proxy, proxy.scheme == .https {
            try setForProxy(configuration.trust(HTTPOrigin(scheme: .https, host: proxy.host, port: proxy.port)))
        }
    }

    private func setBounds(_ configuration: HTTPClientConfiguration) throws(HTTPFailure) {
        try set(CURLOPT_PROTOCOLS_STR, "http,https")
        try set(CURLOPT_NOSIGNAL, true)
        try set(CURLOPT_NETRC, 0)
        try set(CURLOPT_FOLLOWLOCATION, false)
        try set(CURLOPT_PATH_AS_IS, true)
        try set(CURLOPT_DISALLOW_USERNAME_IN_URL, true)
        try set(CURLOPT_HTTP_CONTENT_DECODING, false)
        try set(CURLOPT_HTTP09_ALLOWED, false)
        try set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        try set(CURLOPT_CONNECTTIMEOUT_MS, max(1, configuration.connectTimeout.milliseconds))
        // A name lookup that does not return must not delay other requests when its own request ends.
        try set(CURLOPT_QUICK_EXIT, true)
        try set(CURLOPT_BUFFERSIZE, Exchange.chunkSize)
        try set(CURLOPT_UPLOAD_BUFFERSIZE, Exchange.highWater)
        // Most servers close connections that were idle for about a minute.
        try set(CURLOPT_MAXAGE_CONN, 60)
        try unsafe Self.check(capsule_set_close_on_exec(pointer))
    }

    private mutating func setMessage(_ request: HTTPRequest) throws(HTTPFailure) {
        let origin = request.origin
        // The target bypasses libcurl's URL parser, which receives only the origin.
        try set(CURLOPT_URL, "\(origin.scheme.rawValue)://\(Self.inURL(origin.host)):\(origin.port)/")
        try set(CURLOPT_REQUEST_TARGET, request.target)
        if let length = Self.length(request) {
            try set(CURLOPT_UPLOAD, true)
            try set(CURLOPT_INFILESIZE_LARGE, size: length)
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        } else if request.method == .HEAD {
            try set(CURLOPT_NOBODY, true)
        } else {
            try set(CURLOPT_HTTPGET, true)
            try set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
        // libcurl omits a field with nothing after the colon. A semicolon instead of the colon sends an empty field.
        var lines = request.headers.fields.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
        if !request.headers.contains(name: "Accept") { lines.append("Accept:") }
        lines.append("Expect:")
        try set(headerLines: lines)
    }

    private func setProxy(_ proxy: HTTPProxy?) throws(HTTPFailure) {
        try set(CURLOPT_NOPROXY, "")
        guard let proxy else {
            // Nil would make libcurl read the environment.
            return try set(CURLOPT_PROXY, "")
        }
        // With `socks5`, libcurl would resolve the origin's name itself.
        let scheme = proxy.scheme == .socks5 ? "socks5h" : proxy.scheme.rawValue
        try set(CURLOPT_PROXY, "\(scheme)://\(Self.inURL(proxy.host)):\(proxy.port)")
        // While it waits for the address of a SOCKS proxy, version 7.88 uses a cached address of the origin if there is
        // one, and would send the login to the origin.
        if !proxy.scheme.isHTTP { try set(CURLOPT_DNS_CACHE_TIMEOUT, 0) }
        try set(CURLOPT_HTTPPROXYTUNNEL, true)
        try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
        // The request's header fields are for the origin only.
        try set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        guard let login = proxy.login else { return }
        try set(CURLOPT_PROXYAUTH, Self.basic)
        try set(CURLOPT_SOCKS5_AUTH, Self.basic)
        try set(CURLOPT_PROXYUSERNAME, login.user)
        try set(CURLOPT_PROXYPASSWORD, login.password)
    }

    /// `CURLAUTH_BASIC`, whose macro Swift cannot read.
    private static let basic = 1

    private mutating func set(_ trust: HTTPTrust) throws(HTTPFailure) {
        try set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        try set(CURLOPT_SSL_VERIFYPEER, 1)
        try set(CURLOPT_SSL_VERIFYHOST, 2)
        try setAuthorities(trust, blob: CURLOPT_CAINFO_BLOB, file: CURLOPT_CAINFO, directory: CURLOPT_CAPATH)
        guard let certificate = trust.clientCertificate else { return }
        hasClientCertificate = true
        try set(CURLOPT_SSLCERT_BLOB, copying: certificate.certificates)
        try set(CURLOPT_SSLKEY_BLOB, copying: certificate.key)
        // Without a password, the TLS library prompts for one at the terminal.
        try set(CURLOPT_KEYPASSWD, "")
    }

    private mutating func setForProxy(_ trust: HTTPTrust) throws(HTTPFailure) {
        try set(CURLOPT_PROXY_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        try set(CURLOPT_PROXY_SSL_VERIFYPEER, 1)
        try set(CURLOPT_PROXY_SSL_VERIFYHOST, 2)
        try setAuthorities(
            trust, blob: CURLOPT_PROXY_CAINFO_BLOB, file: CURLOPT_PROXY_CAINFO, directory: CURLOPT_PROXY_CAPATH)
        guard let certificate = trust.clientCertificate else { return }
        hasProxyClientCertificate = true
        try set(CURLOPT_PROXY_SSLCERT_BLOB, copying: certificate.certificates)
        try set(CURLOPT_PROXY_SSLKEY_BLOB, copying: certificate.key)
        try set(CURLOPT_PROXY_KEYPASSWD, "")
    }

    /// Sets the trusted authorities. Reading the system's bundle takes some 20 ms, and libcurl caches it only when
    /// neither a directory nor a blob is set. So the bundle is used for the system's authorities alone. Others are
    /// combined with the system's directory, if there is one, which needs no reading.
    private func setAuthorities(
        _ trust: HTTPTrust, blob: CURLoption, file: CURLoption, directory: CURLoption
    ) throws(HTTPFailure) {
        if !trust.includesSystem {
            try set(blob, copying: trust.authorities?.pem ?? [])
            try set(directory, nil)
        } else if let authorities = trust.authorities {
            if let hashed = SystemTrust.hashedDirectory {
                try set(blob, copying: authorities.pem)
                try set(directory, hashed)
            } else {
                try set(blob, copying: authorities.pem + [0x0A] + SystemTrust.bundleContent)
                try set(directory, nil)
            }
        } else if let bundle = SystemTrust.bundle {
            try set(file, bundle)
            try set(directory, nil)
            try set(CURLOPT_CA_CACHE_TIMEOUT, SystemTrust.bundleAge)
        }
    }

    private static func length(_ request: HTTPRequest) -> Int64? {
        switch request.body {
        case .none: [.POST, .PUT, .PATCH].contains(request.method) ? 0 : nil
        case .bytes(let bytes): Int64(bytes.count)
        case .source(_, let length): length
        }
    }

    private static func inURL(_ host: String) -> String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }
}

extension Duration {
    /// Whole milliseconds; a week at most, so that every type of C can hold them.
    var milliseconds: Int {
        let (seconds, attoseconds) = components
        return Int(min(max(seconds, 0), 604_800)) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
    }
}
