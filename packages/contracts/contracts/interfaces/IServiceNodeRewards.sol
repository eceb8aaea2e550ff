// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {Contributor, IServiceNodeRegistry, Registration, SeedNode} from "./IServiceNodeRegistry.sol";
import {IRewardRatePool} from "./IRewardRatePool.sol";
import {IRewardsDistributor} from "./IRewardsDistributor.sol";

/// @notice What the nodes agree on at the close of an epoch (P-5, section 7 of the protocol).
/// @param rewardsRoot The root of OpenZeppelin's standard tree over (recipient, lifetime amount); zero for an empty one.
/// @param totalOwed The sum of all lifetime amounts.
/// @param activate Pending and decommissioned nodes to activate.
/// @param decommission Active nodes to decommission, in the order in which the caps take them.
struct EpochReport {
    uint64 epoch;
    bytes32 rewardsRoot;
    uint256 totalOwed;
    uint64[] activate;
    uint64[] decommission;
}

/// @notice Who the records of an epoch so far have shown (P-39). Both lists ascend.
/// @param absent Nodes that were active at the first record and that no record shows to have signed.
/// @param shown Nodes that were pending or decommissioned when a record named them as extra signers.
struct EarlierRecords {
    uint64[] absent;
    uint64[] shown;
}

/// @title The node set, its stakes and what it has signed. Rewards are paid by the distributor.
interface IServiceNodeRewards is IServiceNodeRegistry {
    // --- errors ---

    /// @notice The network has not started.
    error NotStarted();
    /// @notice The network has started; nodes can no longer be seeded.
    error AlreadyStarted(uint64 genesis);
    /// @notice The contract does not hold the principal of the seeded nodes (P-30). Transfer the rest first.
    error PrincipalMissing(uint256 balance, uint256 principal);
    /// @notice Too little active stake has signed (P-24).
    error QuorumNotReached(uint256 signedActive, uint256 activeStake, uint256 requiredBps);
    /// @notice Too little of the active and decommissioned stake has signed (P-24).
    error FloorNotReached(uint256 signedFloor, uint256 totalStake, uint256 requiredBps);
    /// @notice A lifetime amount only grows (P-25). A claim that has already landed gives this too.
    error AmountNotRaised(uint256 amount, uint256 lifetime);
    /// @notice A parameter is out of its range.
    error ParameterOutOfRange(string name, uint256 value);
    /// @notice An address that must be set is zero, or a contract that must fit does not.
    error WrongAddress(string name, address value);

    /// @notice A list of a report is longer than it may be (P-38).
    error ListTooLong(uint256 length, uint256 maximum);
    /// @notice A record of this epoch is accepted from `from` until before `until` (P-37).
    error OutsideWindow(uint256 epoch, uint256 from, uint256 until);
    /// @notice The epoch's first record was of another report (P-37).
    error AnotherReportRecorded(uint256 epoch, bytes32 recorded, bytes32 digest);
    /// @notice A later record shows no new signer and makes nothing payable (P-39).
    error NothingNew(uint256 epoch);
    /// @notice `earlier` is not what the epoch's records come to; another one may have landed. Derive it anew (P-39).
    error EarlierRecordsDiffer(uint256 absent, uint256 shown);
    /// @notice The last report was accepted `quiet` unpaused seconds ago, and `required` must pass (P-42).
    error NetworkAlive(uint256 quiet, uint256 required);
    /// @notice These lists were not announced, or a report was accepted since (P-42).
    error EmergencyNotAnnounced(bytes32 announced);
    /// @notice So many unpaused seconds are left of the notice (P-42).
    error EmergencyTooEarly(uint256 secondsLeft);
    /// @notice An emergency activates only when nobody is active (P-42).
    error ActiveStakeLeft(uint256 activeStake);

    // --- events ---

    /// @notice The network has started: seeded nodes are active, the pool releases, epoch 0 begins (P-30, P-51).
    event Started(uint64 genesis, uint64 epochSeconds);
    /// @notice New registrations need this stake.
    event StakingRequirementUpdated(uint256 stakingRequirement);
    /// @notice Contribution contracts made by `factory` may register nodes; none may when it is zero (P-27).
    event ContributionFactoryUpdated(address factory);
    /// @notice Liquidations pay these parts of a node's stake, in 1/10000 (P-36).
    event LiquidationSharesUpdated(uint256 liquidatorBps, uint256 poolBps);
    /// @notice A record of an epoch's report (P-37 to P-40). It stands before what its lists change.
    /// @param isFirst Whether it is the epoch's first, whose lists are applied next.
    /// @param becamePayable Whether this record made the root payable.
    event EpochReportRecorded(
        uint64 indexed epoch,
        address indexed submitter,
        bytes32 digest,
        bool isFirst,
        bool becamePayable,
        BLS.G2Point signature,
        uint64[] nonSigners,
        uint64[] extraSigners
    );
    /// @notice Proofs against a root are accepted from now on, until 8 further roots are payable (P-40, P-41).
    event RewardsRootPayable(uint64 indexed epoch, uint256 indexed rootIndex, bytes32 rewardsRoot, uint256 totalOwed);
    /// @notice The owner will change the set after `noticeSeconds` unpaused seconds, unless a report is accepted (P-42).
    event EmergencyAnnounced(uint64[] decommission, uint64[] activate, uint256 noticeSeconds);
    /// @notice The announced emergency was carried out.
    event EmergencyExecuted();

    // --- setting up ---

    /// @notice Enters nodes that are active from `start()`. Their principal must be in the contract by then.
    /// @dev Owner only, before `start()`. Each is checked like a registration, and its time (P-30).
    function seedPublicKeyList(SeedNode[] calldata seeds) external;

    /// @notice Starts network and pool (P-30). Owner only, once.
    function start() external;

    // --- nodes ---

    /// @notice Registers a node as pending and pulls its whole stake from the caller.
    /// @dev The caller is the operator, `contributors[0].addr`, or a contribution contract of that operator. Rules P-8, P-20, P-27, P-28.
    /// @param registration What the node brings. `checkRegistration` tells beforehand whether it is taken.
    /// @param contributors The operator first; with none, the caller is operator, beneficiary and whole stake.
    /// @return id The node's id.
    function addBLSPublicKey(Registration calldata registration, Contributor[] calldata contributors)
        external
        returns (uint64 id);

    /// @notice Asks for a node to leave (P-33). Anyone may finish its exit 15 days after the first request.
    /// @dev Callers: the operator; a contributor, with less than a quarter of the stake only 30 days after the
    /// registration. May be repeated after an hour, which changes nothing but is seen again. Never paused.
    function initiateExitBLSPublicKey(uint64 id) external;

    /// @notice Takes a node out of the set whose unlock time has come (P-34). Anyone may call. Never paused.
    function exitBLSPublicKey(uint64 id) external;

    /// @notice Takes a node out of the set that has stayed decommissioned for 168 accepted reports (P-36). Anyone may
    /// call, and is paid the liquidator's share.
    function liquidateBLSPublicKey(uint64 id) external;

    /// @notice Pays the caller its principal of a node that has exited and is unlocked (P-35). Never paused.
    function withdrawPrincipal(uint64 id) external;

    /// @notice Pays `contributor` its principal of a node that has exited and is unlocked (P-35). Never paused. Anyone
    /// may call, so that a contributor that cannot call gets it too.
    function withdrawPrincipalFor(uint64 id, address contributor) external;

    // --- epoch reports ---

    /// @notice Records an epoch's report (P-37 to P-40). Anyone may call.
    /// @param report The message that was signed.
    /// @param signature The aggregate signature over `hashEpochReport(report)`.
    /// @param nonSigners See `verify`.
    /// @param extraSigners See `verify`.
    /// @param earlier What the epoch's records come to so far; not read for the first.
    function reportEpoch(
        EpochReport calldata report,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners,
        EarlierRecords calldata earlier
    ) external;

    // --- rewards ---

    /// @notice Raises a recipient's lifetime amount to what the network has signed (P-24, P-25). Anyone may call.
    /// @param recipient Who is owed.
    /// @param amount The lifetime amount, in atomic units.
    /// @param signature The aggregate signature over `hashRewardClaim(recipient, amount)`.
    /// @param nonSigners See `verify`.
    /// @param extraSigners See `verify`.
    function updateRewardsBalance(
        address recipient,
        uint256 amount,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) external;

    /// @notice Has the distributor pay the caller all that is owed (P-26). To call it there costs less.
    function claimRewards() external;

    /// @notice Has the distributor pay the caller a part of what is owed (P-26). To call it there costs less.
    /// @param amount Atomic units.
    function claimRewards(uint256 amount) external;

    /// @notice `updateRewardsBalance` for the caller and `claimRewards()` in one. When somebody has raised the amount
    /// already, it only claims.
    function updateAndClaim(
        uint256 amount,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) external;

    // --- the owner ---

    /// @notice Stops registration, reports, liquidation, reward updates and payouts of rewards, here and at the
    /// distributor (P-29). Owner only.
    function pause() external;

    /// @notice Ends a pause. Owner only.
    function unpause() external;

    /// @notice Sets the stake of new registrations. Owner only.
    function setStakingRequirement(uint128 stakingRequirement_) external;

    /// @notice Sets how much all claims together may pay in one cycle; see `IRewardsDistributor`. Owner only.
    function setClaimLimit(uint256 limit, uint256 cycleSeconds) external;

    /// @notice Sets what liquidations pay, in 1/10000 of the node's stake: both together at most a quarter. Owner only.
    function setLiquidationShares(uint16 liquidatorBps, uint16 poolBps) external;

    /// @notice Announces `emergencyDecommission` with the same lists (P-42). Owner only, after 72 unpaused epochs without
    /// an accepted report. A later announcement replaces it.
    function announceEmergency(uint64[] calldata decommission, uint64[] calldata activate) external;

    /// @notice Decommissions without caps, then activates pending nodes if nobody is active (P-42). Owner only, 24
    /// unpaused epochs after its announcement, and not once a report was accepted since.
    function emergencyDecommission(uint64[] calldata decommission, uint64[] calldata activate) external;

    /// @notice Sets whose contribution contracts may register nodes; zero for none's (P-27). Owner only.
    function setContributionFactory(address factory) external;

    // --- views ---

    /// @notice The token that is staked and paid.
    function token() external view returns (IERC20);

    /// @notice The pool that rewards come from.
    function pool() external view returns (IRewardRatePool);

    /// @notice Where rewards are paid from, and everything about payable roots and the claim limit.
    function distributor() external view returns (IRewardsDistributor);

    /// @notice The timestamp of `start()`; zero before.
    function genesis() external view returns (uint64);

    /// @notice The length of an epoch.
    function epochSeconds() external view returns (uint64);

    /// @notice The stake of a node, in atomic units.
    function stakingRequirement() external view returns (uint256);

    /// @notice The factory whose contribution contracts may register nodes; zero when there is none (P-27).
    function contributionFactory() external view returns (address);

    /// @notice The stakes that the contract holds for contributors.
    function principal() external view returns (uint256);

    /// @notice What a recipient has earned, and what of it was paid (P-25): what the distributor has.
    function recipients(address recipient) external view returns (uint128 lifetime, uint128 claimed);

    /// @notice What liquidations pay, in 1/10000 of the node's stake.
    function liquidationShares() external view returns (uint256 liquidatorBps, uint256 poolBps);

    /// @notice How many epochs have a record.
    function acceptedReports() external view returns (uint256);

    /// @notice What the records of an epoch have fixed; all zero without one.
    /// @return digest The digest of the report.
    /// @return firstRecordedAt The timestamp of the first record.
    /// @return isPayable Whether its root has become payable.
    function epochRecord(uint64 epoch) external view returns (bytes32 digest, uint64 firstRecordedAt, bool isPayable);

    /// @notice The announced emergency: the hash of its lists (zero for none), the unpaused seconds left of its notice,
    /// and whether an accepted report has voided it (P-42).
    function emergency() external view returns (bytes32 listsHash, uint256 secondsLeft, bool isVoid);

    /// @notice The digest that nodes sign for an epoch report (P-5).
    function hashEpochReport(EpochReport calldata report) external view returns (bytes32);

    /// @notice The digest that nodes sign for a reward claim (P-5).
    function hashRewardClaim(address recipient, uint256 amount) external view returns (bytes32);
}
