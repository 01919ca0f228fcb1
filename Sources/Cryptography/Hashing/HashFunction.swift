internal import COpenSSL

/// Computes a hash piece by piece, or at once.
public struct HashFunction: Sendable {
    /// The hash function.
    public let algorithm: HashAlgorithm
    private var state: HashState

    /// Starts the hash of nothing.
    public init(_ algorithm: HashAlgorithm) {
        self.algorithm = algorithm
        state = HashState(algorithm)
    }

    /// Adds bytes.
    public mutating func update(_ bytes: RawSpan) {
        // A copy of this value shares the state until one of the two goes on.
        if !isKnownUniquelyReferenced(&state) { state = HashState(copying: state) }
        state.update(bytes)
    }

    /// Adds bytes.
    public mutating func update(_ bytes: [UInt8]) { unsafe update(bytes.span.bytes) }

    /// The hash of everything added so far, of `algorithm.size` bytes. More may be added afterwards.
    public func finalize() -> [UInt8] { HashState(copying: state).finish(size: algorithm.size) }

    /// The hash of `bytes`.
    public static func hash(_ algorithm: HashAlgorithm, of bytes: RawSpan) -> [UInt8] {
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
    public static func hash(_ algorithm: HashAlgorithm, of bytes: [UInt8]) -> [UInt8] {
        unsafe hash(algorithm, of: bytes.span.bytes)
    }
}

/// A hash that is being computed: owns OpenSSL's context.
///
/// The context is kept as a number because a pointer is not `Sendable`. It is changed by `update` alone, which `HashFunction`
/// calls only while it holds the one reference; copies of that value in other threads can only read it. The compiler does not
/// know that the number needs the object, so each use keeps the object until its end.
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
