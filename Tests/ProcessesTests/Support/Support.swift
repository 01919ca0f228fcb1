import FoundationEssentials
import Processes
import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

let runner = SystemCommandRunner()
let searchPath = ["PATH": "/usr/local/bin:/usr/bin:/bin"]

/// A shell script as a command.
func shell(
    _ script: String, _ arguments: [String] = [], input: [UInt8] = [], outputLimit: Int = 1 << 20,
    deadline: Duration = .seconds(60), addressSpaceLimit: Int? = nil, dataLimit: Int? = nil
) -> Command {
    Command(
        "sh", ["-c", script, "sh"] + arguments, environment: searchPath, input: input, outputLimit: outputLimit,
        deadline: deadline, addressSpaceLimit: addressSpaceLimit, dataLimit: dataLimit)
}

/// A directory for the duration of a test.
func withDirectory<Answer>(_ body: (String) async throws -> Answer) async throws -> Answer {
    let path = FileManager.default.temporaryDirectory.path + "/processes-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// Waits until a condition is true; false after half a minute.
func eventually(_ condition: () throws -> Bool) async throws -> Bool {
    for _ in 0..<1_500 {
        if try condition() { return true }
        try await Task.sleep(for: .milliseconds(20))
    }
    return try condition()
}

func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

/// The content of a file. Not by `Data(contentsOf:)`, which leaks memory for an empty file of `/proc`.
func text(_ path: String) throws -> String {
    struct Unreadable: Error {}
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw Unreadable() }
    defer { close(descriptor) }
    var text: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 4096)
    while case let count = read(descriptor, &part, part.count), count != 0 {
        guard count > 0 else { throw Unreadable() }
        text += part[..<count]
    }
    return String(decoding: text, as: UTF8.self)
}

/// The process whose number a script wrote into a file, once it has.
func process(in file: String) async throws -> Int32 {
    _ = try await eventually { try exists(file) && text(file).hasSuffix("\n") }
    return Int32(try text(file).split(separator: "\n").first ?? "") ?? -1
}

/// True when a process runs; false for one that has ended and was not reaped.
func isRunning(_ process: Int32) -> Bool {
    guard let status = try? text("/proc/\(process)/stat"), let end = status.lastIndex(of: ")") else { return false }
    return !["Z", "X"].contains(status[end...].split(separator: " ").dropFirst().first)
}

/// The number of processes with this text in their arguments.
func processes(with argument: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { name in
        Int32(name).map(isRunning) == true && (try? text("/proc/\(name)/cmdline").contains(argument)) == true
    }.count
}

/// The `CommandError` that something throws; anything else fails the test.
func commandError(_ body: () async throws -> Void) async -> CommandError? {
    do {
        try await body()
        Issue.record("nothing was thrown")
    } catch let error as CommandError {
        return error
    } catch {
        Issue.record(error)
    }
    return nil
}

/// The resources of this process for programs: pipes and descriptors of processes, the threads of `Processes`, children.
struct Holdings: Equatable {
    let descriptors: Int
    let threads: Int
    let children: Int

    /// The resources with this many conversations, in a process that had these before its first program:
    /// three pipes and three threads for all of them, and for each conversation three pipes, a descriptor of its process and
    /// the process.
    func withPrograms(conversations: Int = 0) -> Holdings {
        Holdings(descriptors: descriptors + 6 + 4 * conversations, threads: 3, children: conversations)
    }

    static func now() throws -> Holdings {
        let manager = FileManager.default
        let threads = try manager.contentsOfDirectory(atPath: "/proc/self/task")
        return Holdings(
            descriptors: try manager.contentsOfDirectory(atPath: "/proc/self/fd").count { name in
                let target = try? manager.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(name)")
                return target?.hasPrefix("pipe:") == true || target == "anon_inode:[pidfd]"
            },
            threads: threads.count { (try? text("/proc/self/task/\($0)/comm"))?.hasPrefix("programs-") == true },
            children: threads.reduce(0) { sum, thread in
                sum + ((try? text("/proc/self/task/\(thread)/children"))?.split(separator: " ").count ?? 0)
            })
    }
}
