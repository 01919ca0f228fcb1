internal import OCI
internal import Synchronization

/// The lengths of manifests that are known from HEAD responses alone. Some proxies send another length than that of the
/// content, so it is not held against content that has the right digest.
final class HeadLengths: Sendable {
    private let lengths = Mutex<[Digest: Int64]>([:])

    func record(_ descriptor: Descriptor) {
        lengths.withLock { $0[descriptor.digest] = descriptor.size }
    }

    /// True when the size of the descriptor is from a HEAD response.
    func contains(_ descriptor: Descriptor) -> Bool {
        lengths.withLock { $0[descriptor.digest] == descriptor.size }
    }
}
