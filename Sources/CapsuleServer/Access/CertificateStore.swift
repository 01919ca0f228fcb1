internal import Cryptography
internal import HTTPServer
internal import Logging
internal import OCI
internal import Support
internal import Synchronization

/// The certificate and the key of new connections. The files are read again at most once a second, when a client
/// connects, so that a renewed pair is used without a restart. While the files are unusable, the last valid pair
/// remains in use.
final class CertificateStore: Sendable {
    private struct Pair: Equatable {
        let certificate: [UInt8]
        let key: [UInt8]
    }
    private struct State {
        var pair: Pair
        var context: ServerTLS
        /// The time of the last read, by the clock.
        var read: Duration
        /// The reason why the files were unusable when they were last read.
        var problem: String?
    }

    /// The minimum time between two reads of the files.
    private static let age: Duration = .seconds(1)
    /// The maximum size of one of the files in bytes. A chain of ten certificates has some 20 KiB.
    static let maximumFile = 64 << 10

    private let files: TLSFiles
    private let clock: ServiceClock
    private let logger: Logger
    private let state: Mutex<State>

    /// Reads the files.
    ///
    /// - Throws: `OCIError.Code.io` when they cannot be used.
    init(_ files: TLSFiles, clock: ServiceClock, logger: Logger) throws(OCIError) {
        self.files = files
        self.clock = clock
        self.logger = logger
        let pair = try Self.read(files)
        state = Mutex(State(pair: pair, context: try Self.context(pair, files), read: clock.now))
    }

    /// The certificate and the key for a new connection.
    var context: ServerTLS {
        state.withLock { state in
            let now = clock.now
            guard now - state.read >= Self.age else { return state.context }
            state.read = now
            do throws(OCIError) {
                let pair = try Self.read(files)
                if pair != state.pair {
                    state.context = try Self.context(pair, files)
                    state.pair = pair
                    logger.info("the certificate was renewed", metadata: ["file": "\(files.certificateFile)"])
                }
                state.problem = nil
            } catch {
                if state.problem != error.message {
                    logger.error(
                        "the certificate cannot be renewed; the previous one stays in use",
                        metadata: ["reason": "\(error.message)"])
                }
                state.problem = error.message
            }
            return state.context
        }
    }

    private static func read(_ files: TLSFiles) throws(OCIError) -> Pair {
        Pair(certificate: try read(files.certificateFile), key: try read(files.keyFile))
    }

    private static func read(_ path: String) throws(OCIError) -> [UInt8] {
        do throws(FileError) {
            return try SmallFile.content(of: path, as: "\(path) cannot be used: it", limit: maximumFile)
        } catch {
            throw OCIError(.io, error.message, cause: error)
        }
    }

    private static func context(_ pair: Pair, _ files: TLSFiles) throws(OCIError) -> ServerTLS {
        do throws(TLSError) {
            return try ServerTLS(certificateChain: pair.certificate, privateKey: pair.key)
        } catch {
            throw OCIError(
                .io,
                "the certificate \(files.certificateFile) and the key \(files.keyFile) cannot be used: \(error); "
                    + "both must be PEM files, and belong together", cause: error)
        }
    }
}
