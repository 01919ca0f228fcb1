internal import FoundationEssentials

/// What the file system said, in a few words.
package func fileSystemReason(_ error: any Error) -> String {
    guard let error = error as? CocoaError else { return "\(error)" }
    return switch error.code {
    case .fileWriteNoPermission: "permission denied"
    case .fileWriteOutOfSpace: "no space left on the disk"
    case .fileWriteVolumeReadOnly: "the file system is read-only"
    case .fileWriteFileExists: "it exists"
    case .fileNoSuchFile: "there is no such directory"
    default: "\(error)"
    }
}
