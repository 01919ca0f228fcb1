/// Checks size and digest while content passes by.
package struct ContentVerifier: Sendable {
    private let descriptor: Descriptor
    private let place: String
    private var hasher: Digest.Hasher
    private var count: Int64 = 0

    package init(_ descriptor: Descriptor, from place: String) {
        self.descriptor = descriptor
        self.place = place
        hasher = Digest.Hasher(descriptor.digest.algorithm)
    }

    /// Takes the next bytes; throws as soon as there are more than the descriptor says.
    package mutating func update(_ bytes: [UInt8]) throws(OCIError) {
        count += Int64(bytes.count)
        guard count <= descriptor.size else {
            throw OCIError(
                .contentMismatch,
                "\(descriptor.digest) from \(place): more than the \(descriptor.size) bytes it should have; "
                    + "it was altered there or on the way")
        }
        hasher.update(bytes)
    }

    /// Says whether everything came, unaltered.
    package func finish() throws(OCIError) {
        guard count == descriptor.size else {
            throw OCIError(
                .contentMismatch,
                "\(descriptor.digest) from \(place): \(count) bytes came instead of \(descriptor.size); it was cut short. "
                    + "Try again; if it repeats, publish again")
        }
        let actual = hasher.finalize()
        guard actual == descriptor.digest else {
            throw OCIError(
                .contentMismatch,
                "\(descriptor.digest) from \(place): read \(count) bytes that hash to \(actual); "
                    + "it was altered there or on the way. Try again; if it repeats, publish again")
        }
    }
}
