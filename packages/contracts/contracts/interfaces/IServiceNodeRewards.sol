// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IContests} from "./IContests.sol";
import {IEmergency} from "./IEmergency.sol";
import {IEpochReports} from "./IEpochReports.sol";
import {Contributor, IServiceNodeRegistry, Registration, SeedNode} from "./IServiceNodeRegistry.sol";
import {IRewardRatePool} from "./IRewardRatePool.sol";
import {IRewardsDistributor} from "./IRewardsDistributor.sol";

/// @title The node set, its stakes and what it has signed. Rewards are paid by the distributor.
interface IServiceNodeRewards is IServiceNodeRegistry, IContests, IEpochReports, IEmergency {
    // --- errors ---

    /// @notice The network has not started.
    error NotStarted();
    /// @notice The network has started; nodes can no longer be seeded.
    error AlreadyStarted(uint64 genesis);
    /// @notice The contract does not hold the principal of the seeded nodes (P-30). Transfer the rest first.
    error PrincipalMissing(uint256 balance, uint256 principal);
    /// @notice Before the start this is the owner's and the founder's to do (P-30).
    error NotOwnerOrFounder(address caller, address founder);
    /// @notice An owner that leaves would leave a pause or a parameter for good (P-114).
    error OwnershipCannotBeRenounced();
    /// @notice Too little active stake has signed (P-24).
    error QuorumNotReached(uint256 signedActive, uint256 activeStake, uint256 requiredBps);
    /// @notice Too little of the active and decommissioned stake has signed (P-24).
    error FloorNotReached(uint256 signedFloor, uint256 totalStake, uint256 requiredBps);
    /// @notice A lifetime amount only grows (P-25). A claim that has already landed gives this too.
    error AmountNotRaised(uint256 amount, uint256 lifetime);
    /// @notice A parameter is out of its range.
    error ParameterOutOfRange(string name, uint256 value);
    /// @notice The staking requirement was changed lately; it may change again at `allowedAt` (P-115).
    error RequirementChangeTooEarly(uint256 allowedAt);
    /// @notice An address that must be set is zero, or a contract that must fit does not.
    error WrongAddress(string name, address value);

    // --- events ---

    /// @notice The network has started: seeded nodes are active, the pool releases, epoch 0 begins (P-30, P-51).
    /// @param genesis The timestamp of the block, in seconds since 1970.
    /// @param epochSeconds The length of an epoch.
    event Started(uint64 genesis, uint64 epochSeconds);
    /// @notice New registrations need this stake.
    /// @param stakingRequirement Atomic units.
    event StakingRequirementUpdated(uint256 stakingRequirement);
    /// @notice Contribution contracts made by `factory` may register nodes (P-27).
    /// @param factory The factory; none may when it is zero.
    event ContributionFactoryUpdated(address factory);

    // --- setting up ---

    /// @notice Enters nodes that are active from `start()`. Their principal must be in the contract by then.
    /// @dev Owner or founder, before `start()`. Each is checked like a registration, and its time (P-30).
    function seedPublicKeyList(SeedNode[] calldata seeds) external;

    /// @notice Starts network and pool (P-30). Owner or founder, once.
    function start() external;

    // --- nodes ---

    /// @notice Registers a node as pending and pulls its whole stake from the caller.
    /// @dev The caller is the operator, `contributors[0].addr`, or a contribution contract of that operator. Rules P-8,
    /// P-20, P-27, P-28.
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

    /// @notice Takes a node out of the set that is decommissioned and was silent for 168 accepted reports (P-36).
    /// Anyone may call, and is paid the liquidator's share.
    function liquidateBLSPublicKey(uint64 id) external;

    /// @notice Pays the caller its principal of a node that has exited and is unlocked (P-35). Never paused.
    function withdrawPrincipal(uint64 id) external;

    /// @notice Pays `contributor` its principal of a node that has exited and is unlocked (P-35). Never paused. Anyone
    /// may call, so that a contributor that cannot call gets it too.
    function withdrawPrincipalFor(uint64 id, address contributor) external;

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

    /// @notice Sets the stake of new registrations: between half and twice of what it is, 15 days after the last change
    /// at the earliest (P-115). Owner only.
    function setStakingRequirement(uint128 stakingRequirement_) external;

    /// @notice Sets how much all claims together may pay in one cycle; see `IRewardsDistributor`. Owner only.
    function setClaimLimit(uint256 limit, uint256 cycleSeconds) external;

    /// @notice Sets whose contribution contracts may register nodes; zero for none's (P-27). Owner, or before the start
    /// the founder.
    function setContributionFactory(address factory) external;

    // --- views ---

    /// @notice The token that is staked and paid.
    function token() external view returns (IERC20);

    /// @notice The pool that rewards come from.
    function pool() external view returns (IRewardRatePool);

    /// @notice Where rewards are paid from, and everything about payable roots and the claim limit.
    function distributor() external view returns (IRewardsDistributor);

    /// @notice Who may set the deployment up until `start()`, beside the owner (P-30).
    function founder() external view returns (address);

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

    /// @notice The digest that nodes sign for a reward claim (P-5).
    function hashRewardClaim(address recipient, uint256 amount) external view returns (bytes32);
}
