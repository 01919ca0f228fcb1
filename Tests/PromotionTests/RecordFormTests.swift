import CapsuleCore
import Documents
import OCI
import Promotion
import Testing

@Suite("The record of a pair")
struct RecordFormTests {
    private static let yaml = """
        schemaVersion: release-capsule/v1alpha1
        release:
          gitCommit: "0cc4cd87f40ae606d1822d5652b552f8c50a4668"
          image:
            repoURL: ghcr.io/example/shop
            tag: git-0cc4cd87f40ae606d1822d5652b552f8c50a4668
            digest: sha256:\(String(repeating: "a", count: 64))
          capsule:
            repoURL: ghcr.io/example/shop-package
            tag: git-0cc4cd87f40ae606d1822d5652b552f8c50a4668
            digest: sha256:\(String(repeating: "b", count: 64))
            packageKind: kustomize
            packagePath: package/kustomize
            packageDigest: sha256:\(String(repeating: "c", count: 64))
          form: pair
          witness:
            path: apps/shop/releases/git-0cc4cd87f40ae606d1822d5652b552f8c50a4668.yaml
            commit: "\(String(repeating: "1", count: 40))"
            digest: sha256:\(String(repeating: "d", count: 64))

        """

    private func read(_ text: String) throws -> ReleaseRecord { try ReleaseRecord(yaml: Array(text.utf8)) }

    @Test("is written as it is read")
    func roundTrip() throws {
        let record = try read(Self.yaml)
        #expect(record.yaml() == Self.yaml)
        #expect(record.release.form == .pair)
    }

    @Test("is another release with another witness, and as a capsule")
    func same() throws {
        let pair = try read(Self.yaml).release
        let other = try read(
            Self.yaml.replacing(String(repeating: "d", count: 64), with: String(repeating: "e", count: 64)))
        #expect(!pair.isSame(as: other.release) && pair.firstDifference(from: other.release) == "witness")
        let capsule = ReleaseRecord.Release(gitCommit: pair.gitCommit, image: pair.image, capsule: pair.capsule)
        #expect(!pair.isSame(as: capsule) && capsule.form == nil)
        let moved = try read(
            Self.yaml.replacing(String(repeating: "1", count: 40), with: String(repeating: "2", count: 40)))
        #expect(pair.isSame(as: moved.release))
    }

    @Test(
        "requires the witness, and a capsule's has none",
        arguments: [
            ("  form: pair\n", ""), ("form: pair", "form: capsule"), ("form: pair", "form: tar"), ("commit:", "comit:"),
        ])
    func strict(old: String, new: String) throws {
        #expect(throws: DocumentError.self) { try read(Self.yaml.replacing(old, with: new)) }
    }

    @Test("a form without a witness is refused")
    func alone() throws {
        let text = Self.yaml.split(separator: "  witness:")[0]
        #expect(throws: DocumentError.self) { try read(String(text)) }
    }
}
