/// Verifies the size and the digest of content as it is read.
package struct ContentVerifier: Sendable {
    private let descriptor: Descriptor
    private let reference: String
    private var hasher: Digest.Hasher
    private var count: Int64 = 0

    package init(_ descriptor: Descriptor, from reference: String) {
        self.descriptor = descriptor
        self.reference = reference
        hasher = Digest.Hasher(descriptor.digest.algorithm)
    }

    /// Adds the next bytes; throws when there are more than the descriptor's size.
    package mutating func update(_ bytes: [UInt8]) throws(OCIError) {
        count += Int64(bytes.count)
        guard count <= descriptor.size else {
            throw OCIError(
                .contentMismatch,
                "\(descriptor.digest) from \(reference): more than the \(descriptor.size) bytes it should have; "
                    + "it was altered there or on the way")
        }
        hasher.update(bytes)
    }

    /// Throws unless the bytes have the descriptor's size and digest.
    package func finish() throws(OCIError) {
        guard count == descriptor.size else {
            throw OCIError(
                .contentMismatch,
                "\(descriptor.digest) from \(reference): \(count) bytes came instead of \(descriptor.size); it was cut short. "
                    + "Try again; if it repeats, publish again")
        }
        let actual = hasher.finalize()
        guard actual == descriptor.digest else {
            throw OCIError(
                .contentMismatch,
                "\(descriptor.digest) from \(reference): read \(count) bytes that hash to \(actual); "
                    + "it was altered there or on the way. Try again; if it repeats, publish again")
        }
    }
}
