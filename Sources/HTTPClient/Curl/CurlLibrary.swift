internal import CCurl

/// The loaded libcurl.
enum CurlLibrary {
    /// The oldest version that has every option that is set: `QUICK_EXIT` is from January 2023.
    private static let oldest: UInt32 = 0x07_57_00

    private static let start: CURLcode = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    /// Initializes the library, once for the process.
    ///
    /// - Throws: `HTTPFailure.Code.io`
    static func open() throws(HTTPFailure) {
        guard start == CURLE_OK else {
            throw HTTPFailure(
                .io, "libcurl cannot be started (code \(start.rawValue))", by: .client, isTransient: false)
        }
        guard let info = unsafe capsule_version_info()?.pointee, unsafe info.version_num >= oldest else {
            throw HTTPFailure(
                .io, "the libcurl that is installed is too old; install 7.87 or later", by: .client,
                isTransient: false)
        }
        guard unsafe info.features & CURL_VERSION_SSL != 0, unsafe info.features & CURL_VERSION_ASYNCHDNS != 0 else {
            throw HTTPFailure(
                .io, "the libcurl that is installed lacks TLS or an asynchronous resolver",
                by: .client, isTransient: false)
        }
    }

    static var version: String { unsafe curl_version().map { unsafe String(cString: $0) } ?? "libcurl" }
}
