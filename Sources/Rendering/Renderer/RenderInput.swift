internal import CapsuleCore
internal import OCI

/// Everything that a render depends on, as plain values. The typed face, which takes only verified capsules, makes it.
struct RenderInput: Sendable {
    let release: ReleaseManifest
    let package: PackageTree
    let packageDigest: Digest
    package let deployment: Deployment
    package let policy: PolicyTree
    var options = RenderOptions()
}
