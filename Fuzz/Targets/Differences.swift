import CapsuleCore
import Rendering
import Support

extension FuzzTarget {
    /// Two texts, separated by NUL: a difference is empty when they are equal, and both comparisons agree on that.
    static let differences = FuzzTarget(name: "differences") { bytes throws(Finding) in
        let halves = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).map(Array.init)
        guard halves.count == 2, let path = try? RelativePath("a.yaml") else { return }
        let (old, new) = (halves[0], halves[1])
        if let text = UnifiedDiff.between(old, new, oldName: "a", newName: "b") {
            try Finding.unless(text.isEmpty == (old == new), "a difference of equal texts, or none")
        }
        func compare(_ one: [UInt8], _ other: [UInt8]) -> ManifestDiff {
            ManifestDiff.between(
                [PackageFile(path: path, content: one)], [PackageFile(path: path, content: other)])
        }
        let diff = compare(old, new)
        try Finding.unless(diff.isEmpty == (old == new), "manifests that differ without a difference")
        let back = compare(new, old)
        try Finding.unless(diff.objects.count == back.objects.count, "other objects the other way round")
    }
}
