internal import CCurl

/// Owns an easy handle of libcurl: one exchange. Only the client's thread creates, uses and frees it.
@safe struct EasyHandle: ~Copyable {
    let pointer: UnsafeMutableRawPointer
    /// The buffer for libcurl's error text. The text is searched for known words and never shown: it contains addresses.
    private let errorText: UnsafeMutablePointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?
    /// True when the server gets a client certificate if it requests one.
    var hasClientCertificate = false
    /// True when the proxy gets one.
    var hasProxyClientCertificate = false

    /// The identity of the handle.
    var id: UInt { unsafe UInt(bitPattern: pointer) }

    /// - Throws: `HTTPFailure.Code.io`
    init() throws(HTTPFailure) {
        guard let pointer = unsafe capsule_easy_init() else { throw Self.noMemory }
        unsafe self.pointer = unsafe pointer
        unsafe errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        unsafe headers = nil
    }

    // The handle writes into the buffer and reads the list until it is freed.
    deinit {
        unsafe capsule_easy_cleanup(pointer)
        unsafe capsule_list_free(headers)
        unsafe errorText.deallocate()
    }

    /// Registers the buffer for error texts.
    ///
    /// - Throws: `HTTPFailure.Code.io`
    func setErrorText() throws(HTTPFailure) {
        try unsafe Self.check(capsule_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorText))
    }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPFailure) {
        try unsafe Self.check(capsule_set_long(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: Bool) throws(HTTPFailure) { try set(option, value ? 1 : 0) }

    func set(_ option: CURLoption, size: Int64) throws(HTTPFailure) {
        try unsafe Self.check(capsule_set_size(pointer, option, size))
    }

    /// Sets a text option. The text is copied, and must not contain a NUL.
    func set(_ option: CURLoption, _ value: String?) throws(HTTPFailure) {
        try unsafe Self.check(capsule_set_text(pointer, option, value))
    }

    func set(_ option: CURLoption, copying bytes: [UInt8]) throws(HTTPFailure) {
        let code = unsafe bytes.withUnsafeBytes { unsafe capsule_set_blob(pointer, option, $0.baseAddress, $0.count) }
        try Self.check(code)
    }

    /// Sets the header lines, once.
    mutating func set(headerLines: [String]) throws(HTTPFailure) {
        for line in headerLines {
            guard let longer = unsafe capsule_list_append(headers, line) else { throw Self.noMemory }
            unsafe headers = unsafe longer
        }
        try unsafe Self.check(capsule_set_list(pointer, CURLOPT_HTTPHEADER, headers))
    }

    /// A number that libcurl reports about the exchange; 0 when it has none.
    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return unsafe capsule_info_long(pointer, info, &value) == CURLE_OK ? value : 0
    }

    func size(_ info: CURLINFO) -> Int64 {
        var value: Int64 = 0
        return unsafe capsule_info_size(pointer, info, &value) == CURLE_OK ? value : 0
    }

    /// The number of bytes that the system has not sent, or that the other side has not acknowledged; 0 when it is unknown.
    var unsentBytes: Int { unsafe Int(max(0, capsule_unsent(pointer))) }

    /// The error text that libcurl has written.
    var errorDetail: String { unsafe String(cString: errorText) }

    static func check(_ code: CURLcode) throws(HTTPFailure) {
        guard code != CURLE_OK else { return }
        guard code != CURLE_OUT_OF_MEMORY else { throw noMemory }
        throw HTTPFailure(
            .io, "libcurl rejects an option: \(CurlLibrary.text(code))", by: .client, isTransient: false)
    }

    static let noMemory = HTTPFailure(.io, "there is not enough memory", by: .client, isTransient: false)
}
