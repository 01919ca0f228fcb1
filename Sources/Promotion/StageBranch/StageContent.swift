package import CapsuleCore

/// The content of a stage branch: the rendered manifests and the record of their inputs.
///
/// Only this module creates it, from a verified capsule and its rendered manifests.
package struct StageContent: Sendable {
    /// The release.
    package let release: ReleaseRecord.Release
    /// The rollback that the record names; set by the plan, because it follows from what the stage holds.
    package internal(set) var rollback: ReleaseRecord.RollbackOrigin?
    /// The inputs and the digest of the render.
    package var render: ReleaseRecord.Render
    /// The rendered files, with paths below `deploy/`.
    package let files: [PackageFile]
    /// The time of the release's commit, in seconds since 1970.
    package let committed: Int64?
    /// The application's repository, without credentials.
    package let source: String?

    package init(
        release: ReleaseRecord.Release, render: ReleaseRecord.Render, files: [PackageFile], committed: Int64?,
        source: String?
    ) {
        self.release = release
        self.render = render
        self.files = files
        self.committed = committed
        self.source = source
    }

    /// The record.
    package var record: ReleaseRecord { ReleaseRecord(release: release, rollback: rollback, render: render) }
}
