internal import Processes
internal import Support
internal import Synchronization

/// Where a run reads and writes Git objects: in the cache of this user, until that fails, then in a repository of its own.
final class GitOpsStore: Sendable {
    /// The repositories that are in use together.
    struct Objects: Sendable {
        /// The repository that objects are read from.
        let reading: GitDirectory
        /// The repository in which commits are created, which sees the objects of `reading`.
        let writing: GitDirectory
        /// The cache; nil for a repository given by path.
        let cache: GitOpsCache?
        /// The commits that this run has seen in `reading`.
        let present = PresentCommits()

        /// - Parameters:
        ///   - path: the directory of the objects of `reading`.
        ///   - scratch: the directory of this run.
        init(_ reading: GitDirectory, objects path: String, cache: GitOpsCache? = nil, scratch: String) {
            let alternates = "\"" + path.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
            self.reading = reading
            writing = GitDirectory(
                git: reading.git, path: "\(scratch)/new.git", alternates: alternates, isOwn: true)
            self.cache = cache
        }

        /// - Parameter reader: the reader of objects of this run; nil creates one.
        init(_ cache: GitOpsCache, git: Git, reader: GitObjectReader? = nil, scratch: String) {
            var reading = GitDirectory(git: git, path: cache.path, isOwn: true)
            reading.reader = reader
            self.init(
                reader == nil ? reading.keepingReader() : reading, objects: "\(cache.path)/objects", cache: cache,
                scratch: scratch)
        }
    }

    /// The directory of this run.
    let scratch: String
    private let objects: Mutex<Objects>
    private let isWritingMade = Mutex(false)

    init(_ objects: Objects, scratch: String) {
        self.objects = Mutex(objects)
        self.scratch = scratch
    }

    /// The repositories in use now.
    var current: Objects { objects.withLock { $0 } }

    /// The repository in which commits are created, which is made when it is first used: most commands create none.
    ///
    /// - Throws: `FileError.Code.io`
    func writing(format: GitObjectFormat) throws(FileError) -> GitDirectory {
        let directory = current.writing
        try isWritingMade.withLock { isMade throws(FileError) in
            guard !isMade else { return }
            try BareRepository.create(directory.path, format: format, remote: nil)
            isMade = true
        }
        return directory
    }

    /// The cache of this user that `objects` reads from; nil when they belong to this run or are given by path.
    func sharedCache(of objects: Objects) -> GitOpsCache? {
        objects.cache.flatMap { $0.path.hasPrefix("\(scratch)/") ? nil : $0 }
    }

    /// Uses an empty repository of this run in place of a cache, unless another task has done so.
    ///
    /// - Throws: a file system error
    func leave(_ cache: GitOpsCache) async throws {
        let own = try await GitOpsCache.open(in: scratch, remote: cache.remote, format: cache.format)
        objects.withLock { objects in
            guard sharedCache(of: objects) != nil else { return }
            let reader = objects.reading.reader
            objects = Objects(own, git: objects.reading.git, reader: reader, scratch: scratch)
            reader?.restart(in: objects.reading)
        }
    }
}
