internal import Cryptography

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Reads and checks the PEM files that TLS needs.
enum TrustFile {
    /// The largest file that is read: several times the bundle of all public authorities, which has 220 KB.
    static let sizeLimit = 4 << 20

    /// The certificates of a file, each as PEM, without the rest of the file.
    ///
    /// - Throws: `HTTPFailure.Code.invalidRequest` without a certificate, or with a damaged one.
    static func certificates(in file: [UInt8]) throws(HTTPFailure) -> [[UInt8]] {
        guard !file.isEmpty else { throw .invalid("the file of certificates is empty") }
        let blocks = PEM.blocks(in: file).filter { $0.label.hasSuffix("CERTIFICATE") }
        guard !blocks.isEmpty else {
            throw .invalid("the file has no certificate in PEM form, which begins with -----BEGIN CERTIFICATE-----")
        }
        var pem: [[UInt8]] = []
        for (index, block) in blocks.enumerated() {
            let isTrusted = block.label == "TRUSTED CERTIFICATE"
            guard let der = block.bytes,
                isTrusted ? CertificateEncoding.isTrustedCertificate(der) : CertificateEncoding.isCertificate(der)
            else { throw .invalid("certificate \(index + 1) of the file is damaged") }
            pem.append(Array(PEM.encode(der, label: block.label).utf8))
        }
        return pem
    }

    /// The one private key of a file, as PEM without the rest of the file.
    ///
    /// - Throws: `HTTPFailure.Code.invalidRequest` without exactly one private key that can be used without a password.
    static func privateKey(in file: [UInt8]) throws(HTTPFailure) -> [UInt8] {
        let blocks = PEM.blocks(in: file).filter { $0.label.hasSuffix("PRIVATE KEY") }
        guard let block = blocks.first, blocks.count == 1 else {
            throw .invalid("the file of the client's key must hold one private key in PEM form")
        }
        guard !block.label.hasPrefix("ENCRYPTED"), let der = block.bytes else {
            throw .invalid("the client's key is encrypted or damaged; it must be in PEM form without a password")
        }
        guard KeyKind(privateKey: der) != nil else { throw .invalid("the client's key is damaged") }
        return Array(PEM.encode(der, label: block.label).utf8)
    }

    /// The content of a file.
    ///
    /// - Throws: `HTTPFailure.Code.invalidRequest` for what is not a file, cannot be read, or is too large.
    static func read(_ path: String) throws(HTTPFailure) -> [UInt8] {
        // A pipe would wait for a writer otherwise.
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw .invalid(errno == ENOENT ? "there is no such file" : "the file cannot be opened (errno \(errno))")
        }
        defer { _ = close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .invalid("it is not a file")
        }
        guard status.st_size <= sizeLimit else { throw .invalid("the file has more than \(sizeLimit) bytes") }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { unsafe Self.read(descriptor, $0) }
            guard count >= 0 else { throw .invalid("the file cannot be read (errno \(errno))") }
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(count)
            guard bytes.count <= sizeLimit else { throw .invalid("the file has more than \(sizeLimit) bytes") }
        }
    }

    private static func read(_ descriptor: CInt, _ target: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            #if canImport(Glibc)
                let count = unsafe Glibc.read(descriptor, target.baseAddress, target.count)
            #elseif canImport(Musl)
                let count = unsafe Musl.read(descriptor, target.baseAddress, target.count)
            #else
                let count = unsafe Darwin.read(descriptor, target.baseAddress, target.count)
            #endif
            if count >= 0 || errno != EINTR { return count }
        }
    }
}
