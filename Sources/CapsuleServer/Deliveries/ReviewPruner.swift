internal import CapsuleCore
internal import GitOps
internal import Logging
internal import Promotion
internal import ReleaseWorkflows

/// Removes finished review branches of the allowed remotes from time to time, one remote after the other.
struct ReviewPruner: Sendable {
    let settings: SettingsStore
    let deliveries: DeliveryService
    let interval: Duration
    let clock: ServiceClock
    let logger: Logger

    /// Removes finished branches after each interval until the task is cancelled. The first run is after an interval as well,
    /// so that a service that restarts again and again does not examine all branches at each start.
    func run() async {
        while (try? await clock.sleep(for: interval)) != nil, !Task.isCancelled {
            for remote in settings.current.allowList.remotes { await prune(remote) }
        }
    }

    func prune(_ remote: GitRemote) async {
        do {
            let report = try await deliveries.pruneReviews(of: remote)
            for branch in report.branches where branch.outcome == .removed || branch.outcome == .rejected {
                logger.info(
                    "review branch \(branch.outcome.rawValue)",
                    metadata: [
                        "remote": .text(remote.description), "branch": .text(branch.review.branch),
                        "commit": .text(branch.review.commit?.description ?? ""), "reason": .text(branch.reason),
                    ])
            }
        } catch is CancellationError {
            return
        } catch {
            logger.info(
                "review branches could not be pruned",
                metadata: ["remote": .text(remote.description), "reason": .text(ServiceError(error).reason)])
        }
    }
}
