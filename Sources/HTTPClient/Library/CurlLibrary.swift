internal import CCurl
internal import Support

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// libcurl, which is loaded when it is used first.
enum CurlLibrary {
    /// The oldest version that has every option that is set: `QUICK_EXIT` is from January 2023.
    private static let oldest: UInt32 = 0x07_57_00

    private static let failure: HTTPFailure? = start()

    /// What is wrong when it cannot be loaded; nil once it is.
    private static let problem: String? = {
        guard let text = unsafe capsule_load_curl() else { return nil }
        defer { unsafe free(text) }
        return unsafe String(cString: text)
    }()

    /// Loads the library on a thread of its own. Until it is loaded, the C library starts no other thread. It is not initialized
    /// yet: the program may end meanwhile, and that waits for the loading alone.
    static func preload() {
        try? DedicatedThread.start("load-libcurl") { _ = problem }
    }

    /// Loads and initializes the library, once for the process.
    ///
    /// - Throws: `HTTPFailure.Code.io`
    static func open() throws(HTTPFailure) {
        if let failure { throw failure }
    }

    /// The version and the libraries that it uses, as libcurl reports them; nil when it cannot be loaded.
    static var version: String? {
        guard failure == nil else { return nil }
        return unsafe capsule_version().map { unsafe String(cString: $0) }
    }

    /// What libcurl reports about itself; nil when it cannot be loaded.
    static var information: curl_version_info_data? {
        guard failure == nil else { return nil }
        return unsafe capsule_version_info()?.pointee
    }

    private static func start() -> HTTPFailure? {
        if let problem {
            return failed("libcurl cannot be loaded: \(problem); install it (Debian: libcurl4)")
        }
        let code = capsule_global_init(Int(CURL_GLOBAL_DEFAULT))
        guard code == CURLE_OK else { return failed("libcurl cannot be started: \(text(code))") }
        guard let info = unsafe capsule_version_info()?.pointee, unsafe info.version_num >= oldest else {
            return failed("the libcurl that is installed is too old; install 7.87 or later")
        }
        guard unsafe info.features & CURL_VERSION_SSL != 0, unsafe info.features & CURL_VERSION_ASYNCHDNS != 0 else {
            return failed("the libcurl that is installed lacks TLS or an asynchronous resolver")
        }
        return nil
    }

    private static func failed(_ message: String) -> HTTPFailure {
        HTTPFailure(.io, message, by: .client, isTransient: false)
    }

    /// What a result means, in libcurl's words.
    static func text(_ code: CURLcode) -> String { unsafe String(cString: capsule_easy_text(code)) }

    static func text(_ code: CURLMcode) -> String { unsafe String(cString: capsule_multi_text(code)) }
}
