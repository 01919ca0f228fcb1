internal import CCurl
internal import Support
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The locations of the system's certificate authorities, as compiled into libcurl.
enum SystemTrust {
    /// One file with all of them, which libcurl reads once and keeps.
    static let bundle: String? = unsafe path { unsafe $0.cainfo }

    /// A directory in which each is found by the hash of its name, so that no handshake has to read all of them; nil when
    /// there is none, or it was not prepared for that.
    static let hashedDirectory: String? = unsafe path { unsafe $0.capath }.flatMap { hasHashes($0) ? $0 : nil }

    /// The bundle's content, for the systems that have no such directory. It is read again when the file has changed.
    static var bundleContent: [UInt8] {
        guard let bundle else { return [] }
        let revision = FileRevision.of(bundle)
        return last.withLock { last in
            if let last, last.revision == revision { return last.content }
            let content = (try? TrustFile.read(bundle)) ?? []
            last = (revision, content)
            return content
        }
    }

    private static let last = Mutex<(revision: String, content: [UInt8])?>(nil)

    /// The time in seconds for which libcurl keeps the bundle that it read: reading takes some 20 ms. Its default is a day,
    /// in which a bundle that was renewed would not be noticed.
    static let bundleAge = 60

    private static func path(_ field: (curl_version_info_data) -> UnsafePointer<CChar>?) -> String? {
        guard let info = unsafe CurlLibrary.information,
            unsafe info.age.rawValue >= CURLVERSION_SEVENTH.rawValue, let text = unsafe field(info)
        else { return nil }
        return unsafe String(cString: text)
    }

    private static func hasHashes(_ directory: String) -> Bool {
        guard let stream = unsafe opendir(directory) else { return false }
        defer { _ = unsafe closedir(stream) }
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.utf8.count == 10, name.hasSuffix(".0"), UInt32(name.dropLast(2), radix: 16) != nil { return true }
        }
        return false
    }
}
