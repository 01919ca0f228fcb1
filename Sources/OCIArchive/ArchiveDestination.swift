internal import OCI
internal import Support

/// The path of an archive that is being made, and the partial directory that its content is collected in.
struct ArchiveDestination {
    private let path: String
    private let staged: StagedPath

    init(_ path: String) throws(OCIError) {
        guard let staged = StagedPath(path) else {
            throw OCIError(.invalidName, "\(quoted(path)) does not name a file")
        }
        self.path = path
        self.staged = staged
    }

    var alreadyExists: OCIError {
        OCIError(.unsupported, "\(path) exists, and an archive cannot be added to; remove it or name another file")
    }

    /// Makes the partial directory, after it removes those that killed processes left for the same path.
    func makePartialDirectory(replacing: Bool) throws(OCIError) -> PartialDirectory {
        do throws(SystemError) {
            return try PartialDirectory.make(for: staged, replacing: replacing)
        } catch  where error == .exists {
            throw alreadyExists
        } catch {
            throw error.error("write to", staged.parent)
        }
    }

    /// Gives a complete file the path of the archive, in one step.
    func commit(_ temporary: String, replacing: Bool) throws(OCIError) {
        do throws(SystemError) {
            if replacing {
                try SystemCall.rename(temporary, to: path)
            } else {
                try renameWithoutReplacing(temporary)
            }
        } catch  where error == .exists {
            throw alreadyExists
        } catch {
            throw error.error("write", path)
        }
        if let directory = try? SystemCall.open(staged.parent, .directory) {
            try? SystemCall.synchronize(directory)
            SystemCall.close(directory)
        }
    }

    private func renameWithoutReplacing(_ temporary: String) throws(SystemError) {
        do throws(SystemError) {
            try SystemCall.link(temporary, to: path)
        } catch  where error == .notPermitted || error == .notSupported {
            // A file system without hard links. A file that appears between the two calls is replaced.
            guard try !SystemCall.exists(path) else { throw SystemError.exists }
            try SystemCall.rename(temporary, to: path)
        }
    }
}
