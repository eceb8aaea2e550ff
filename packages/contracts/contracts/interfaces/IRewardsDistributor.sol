// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IRewardRatePool} from "./IRewardRatePool.sol";

/// @notice One recipient's leaf in a payable root.
/// @param recipient Whose leaf it is.
/// @param amount The lifetime amount, in atomic units.
/// @param rootIndex Which payable root, by the index of its `RewardsRootPayable` event.
/// @param proof The siblings from the leaf upwards, in OpenZeppelin's standard tree.
struct ProofClaim {
    address recipient;
    uint256 amount;
    uint256 rootIndex;
    bytes32[] proof;
}

/// @title Where rewards are paid from: who is owed how much, and the tokens for it (P-25, P-26, P-41).
/// @dev Amounts are atomic units. No principal is ever here, and no rewards are in the rewards contract.
interface IRewardsDistributor {
    // --- errors ---

    /// @notice Only the rewards contract may do this.
    /// @param caller Who called.
    /// @param rewards The rewards contract.
    error NotRewards(address caller, address rewards);
    /// @notice Payouts, proofs and roots are paused (P-29).
    /// @param until When the pause ends by itself, in seconds since 1970.
    error EnforcedPause(uint256 until);
    /// @notice An amount does not fit its 128 bits.
    /// @param amount The lifetime amount that was shown, in atomic units.
    error AmountTooLarge(uint256 amount);
    /// @notice There is nothing to claim, or zero was named.
    /// @param recipient Who would have been paid.
    error NothingToClaim(address recipient);
    /// @notice More was named than there is to claim.
    /// @param amount What was named, in atomic units.
    /// @param claimable What there is to claim, in atomic units.
    error ClaimExceedsBalance(uint256 amount, uint256 claimable);
    /// @notice The claims of this cycle have used up its limit. Claim a part, or wait for the next cycle (P-26).
    /// @param amount What was to be paid, in atomic units.
    /// @param left What the cycle may still pay, in atomic units.
    error ClaimLimitExceeded(uint256 amount, uint256 left);
    /// @notice There are too few tokens here, even after the pool's payout (P-26).
    /// @param available What is here, in atomic units.
    /// @param amount What was to be paid, in atomic units.
    error RewardsShort(uint256 available, uint256 amount);
    /// @notice A root is not among the last 8 payable ones. Take a newer one (P-41).
    /// @param rootIndex The root that was named.
    /// @param payableRootCount How many roots have become payable: the last 8 indices below are valid.
    error RootNotValid(uint256 rootIndex, uint256 payableRootCount);
    /// @notice The proof does not lead from this recipient and amount to the root (P-41).
    /// @param recipient The leaf's recipient.
    /// @param amount The leaf's lifetime amount, in atomic units.
    /// @param root The root that was named.
    error InvalidProof(address recipient, uint256 amount, bytes32 root);
    /// @notice A parameter is out of its range.
    /// @param name The parameter's name.
    /// @param value What was given.
    error ParameterOutOfRange(string name, uint256 value);
    /// @notice An address that must be set is zero, or a contract that must fit does not.
    /// @param name What the address is for.
    /// @param value What was given, or what was found in its place.
    error WrongAddress(string name, address value);

    // --- events ---

    /// @notice A recipient's lifetime amount has grown. A claim by proof does not emit it: see `RewardsClaimed`.
    /// @param recipient Whose it is.
    /// @param amount The lifetime amount now, in atomic units.
    /// @param previousAmount The lifetime amount before, in atomic units.
    event RewardsBalanceUpdated(address indexed recipient, uint256 amount, uint256 previousAmount);
    /// @notice Rewards were paid.
    /// @param recipient Who was paid.
    /// @param amount What was paid, in atomic units.
    /// @param lifetime The recipient's lifetime amount, in atomic units, which a claim by proof may have raised in the
    /// same call.
    event RewardsClaimed(address indexed recipient, uint256 amount, uint256 lifetime);
    /// @notice The claim limit was set.
    /// @param limit What all claims together may pay in one cycle, in atomic units.
    /// @param cycleSeconds How long a cycle is.
    event ClaimLimitUpdated(uint256 limit, uint256 cycleSeconds);

    // --- anyone ---

    /// @notice Raises the caller's lifetime amount by a proof against one of the last 8 payable roots, if it is below
    /// (P-41), and pays the caller all that is owed (P-26).
    /// @param amount The lifetime amount of the caller's leaf.
    /// @param rootIndex See `ProofClaim`.
    /// @param proof See `ProofClaim`.
    function claimWithProof(uint256 amount, uint256 rootIndex, bytes32[] calldata proof) external;

    /// @notice Raises the lifetime amounts of any recipients by proofs, and pays nobody (P-41). Leaves that raise
    /// nothing are passed over.
    function updateRewardsBalancesWithProofs(ProofClaim[] calldata claims) external;

    /// @notice Pays the caller all that is owed (P-26).
    function claimRewards() external;

    /// @notice Pays the caller a part of what is owed (P-26).
    function claimRewards(uint256 amount) external;

    // --- the rewards contract ---

    /// @notice Raises a recipient's lifetime amount, if it is below. That enough stake has signed it is the caller's to
    /// check (P-24), and that nothing is paused: it reads its own flag anyway. Rewards contract only.
    /// @return previous The lifetime amount before: at `amount` or above, nothing was raised.
    function raise(address recipient, uint256 amount) external returns (uint256 previous);

    /// @notice Pays a recipient all that is owed (P-26). Rewards contract only, for its own caller.
    function claimFor(address recipient) external;

    /// @notice Pays a recipient a part of what is owed (P-26). Rewards contract only, for its own caller.
    function claimFor(address recipient, uint256 amount) external;

    /// @notice Makes a root payable (P-40). Rewards contract only.
    /// @return rootIndex Its number, from 0.
    function addRoot(bytes32 root) external returns (uint256 rootIndex);

    /// @notice Starts the pool (P-30). Rewards contract only.
    function start() external;

    /// @notice Stops payouts, proofs and roots until a time, after which they go on by themselves (P-29). Rewards
    /// contract only, whose events tell of it.
    /// @param until In seconds since 1970, of 40 bits. A time that has passed ends a pause.
    function setPausedUntil(uint256 until) external;

    /// @notice Sets how much all claims together may pay in one cycle. Rewards contract only.
    /// @param limit In atomic units: at least 1, below 2^64.
    /// @param cycleSeconds At least 1, below 2^24.
    function setClaimLimit(uint256 limit, uint256 cycleSeconds) external;

    // --- views ---

    /// @notice The token that is paid.
    function token() external view returns (IERC20);

    /// @notice The pool that the tokens come from.
    function pool() external view returns (IRewardRatePool);

    /// @notice The rewards contract: a proxy, whose address never changes.
    function rewards() external view returns (address);

    /// @notice Whether payouts, proofs and roots are paused now.
    function paused() external view returns (bool);

    /// @notice When the last pause ends or has ended, in seconds since 1970; zero when there was none.
    function pausedUntil() external view returns (uint256);

    /// @notice What a recipient has earned, and what of it was paid (P-25).
    function recipients(address recipient) external view returns (uint128 lifetime, uint128 claimed);

    /// @notice The claim limit, what the running cycle has paid, and the cycle's length.
    function claimCycle() external view returns (uint256 limit, uint256 claimedInCycle, uint256 cycleSeconds);

    /// @notice How many roots have become payable: the last 8 indices below are valid (P-41).
    function payableRootCount() external view returns (uint256);

    /// @notice A root that is valid now. Reverts with `RootNotValid`.
    function payableRoot(uint256 rootIndex) external view returns (bytes32);
}
