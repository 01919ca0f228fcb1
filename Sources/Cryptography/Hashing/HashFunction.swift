internal import COpenSSL

/// Computes a hash incrementally or at once.
package struct HashFunction: Sendable {
    /// The hash function.
    package let algorithm: HashAlgorithm
    private var state: HashState

    /// Starts a hash.
    package init(_ algorithm: HashAlgorithm) {
        self.algorithm = algorithm
        state = HashState(algorithm)
    }

    /// Adds bytes.
    package mutating func update(_ bytes: RawSpan) {
        // Copies of this value share the state until one of them is updated.
        if !isKnownUniquelyReferenced(&state) { state = HashState(copying: state) }
        state.update(bytes)
    }

    /// Adds bytes.
    package mutating func update(_ bytes: [UInt8]) { unsafe update(bytes.span.bytes) }

    /// The hash of the bytes so far, `algorithm.size` bytes. More bytes may be added afterwards.
    package func finalize() -> [UInt8] { HashState(copying: state).finish(size: algorithm.size) }

    /// The hash of `bytes`.
    package static func hash(_ algorithm: HashAlgorithm, of bytes: RawSpan) -> [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: algorithm.size) { buffer, count in
            let status = unsafe bytes.withUnsafeBytes { input in
                unsafe EVP_Digest(
                    input.baseAddress, input.count, buffer.baseAddress, nil, algorithm.implementation, nil)
            }
            guard status == 1 else { OpenSSL.failed("hashing") }
            count = algorithm.size
        }
    }

    /// The hash of `bytes`.
    package static func hash(_ algorithm: HashAlgorithm, of bytes: [UInt8]) -> [UInt8] {
        unsafe hash(algorithm, of: bytes.span.bytes)
    }
}

/// Owns OpenSSL's context of a hash.
///
/// The context is stored as a number because a pointer is not `Sendable`. Only `update` changes it, which `HashFunction` calls
/// only while it has the one reference; copies of that value in other threads can only read it. The compiler does not know
/// that the number needs the object, so each use extends the object's lifetime.
private final class HashState: Sendable {
    private let address: UInt

    private var pointer: OpaquePointer {
        guard let pointer = unsafe OpaquePointer(bitPattern: address) else { OpenSSL.failed("making a hash") }
        return unsafe pointer
    }

    private init() { address = unsafe UInt(bitPattern: EVP_MD_CTX_new()) }

    convenience init(_ algorithm: HashAlgorithm) {
        self.init()
        guard unsafe EVP_DigestInit_ex2(pointer, algorithm.implementation, nil) == 1 else {
            OpenSSL.failed("starting a hash")
        }
    }

    convenience init(copying other: HashState) {
        self.init()
        defer { extendLifetime(other) }
        guard unsafe EVP_MD_CTX_copy_ex(pointer, other.pointer) == 1 else { OpenSSL.failed("copying a hash") }
    }

    deinit { unsafe EVP_MD_CTX_free(OpaquePointer(bitPattern: address)) }

    func update(_ bytes: RawSpan) {
        defer { extendLifetime(self) }
        let status = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(pointer, $0.baseAddress, $0.count) }
        guard status == 1 else { OpenSSL.failed("hashing") }
    }

    func finish(size: Int) -> [UInt8] {
        defer { extendLifetime(self) }
        return unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            guard unsafe EVP_DigestFinal_ex(pointer, buffer.baseAddress, nil) == 1 else {
                OpenSSL.failed("ending a hash")
            }
            count = size
        }
    }
}
