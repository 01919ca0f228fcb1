/// The limits of a layer. They are the same when a layer is written, read and unpacked.
///
/// All are stricter than what Kargo's `oci-download` and `untar` steps allow (100 MiB download, 100 MiB in total, 50 MiB a
/// file), so a layer that passes here passes there.
package struct ArchiveLimits: Hashable, Sendable {
    /// The maximum number of files and directories.
    package var entries: Int
    /// The maximum number of bytes in one file.
    package var fileSize: Int64
    /// The maximum number of bytes in all files together.
    package var totalSize: Int64
    /// The maximum number of bytes in the compressed layer.
    package var compressedSize: Int64
    /// The largest ratio of the tar stream to the whole compressed layer.
    package var ratio: Int64
    /// The size in bytes up to which the ratio of a tar stream is not checked.
    package var ratioFloor: Int64

    /// The maximum number of bytes in a path: far below every system's `PATH_MAX`, with room for the directory it is unpacked in.
    static let pathLength = 1024

    /// Sets limits.
    package init(
        entries: Int, fileSize: Int64, totalSize: Int64, compressedSize: Int64, ratio: Int64, ratioFloor: Int64
    ) {
        self.entries = entries
        self.fileSize = fileSize
        self.totalSize = totalSize
        self.compressedSize = compressedSize
        self.ratio = ratio
        self.ratioFloor = ratioFloor
    }

    /// The limits of the capsule format, `format.md` §3.
    package static let capsule = ArchiveLimits(
        // Ten times the largest deploy package that we know of; a million empty files still stops within milliseconds.
        entries: 10_000,
        // Manifests and values files have kilobytes; vendored charts and CRD bundles reach a few MiB.
        fileSize: 10 << 20,
        // Fits in the memory of a small container together with the compressed layer.
        totalSize: 64 << 20,
        // Half of `totalSize`: content that does not shrink to half is not a deploy package.
        compressedSize: 32 << 20,
        // YAML compresses 10:1 to 40:1, and deflate reaches 1,032:1 at most; the limit is between the two.
        ratio: 200,
        // Tar pads each entry to 512 bytes, so a few hundred tiny files alone pass 200:1. A MiB does no harm.
        ratioFloor: 1 << 20)

    /// The largest tar stream, in bytes, that a layer of `compressed` bytes may unpack to.
    ///
    /// The ratio is computed over the whole layer, not over the part that was read so far, so that the result depends only on
    /// the bytes of the layer and not on how a decompressor buffers them.
    func streamSize(compressed: Int) -> Int64 {
        let (product, overflow) = Int64(compressed).multipliedReportingOverflow(by: ratio)
        return max(ratioFloor, overflow ? Int64.max : product)
    }
}
