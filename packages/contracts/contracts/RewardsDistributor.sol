// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IRewardRatePool} from "./interfaces/IRewardRatePool.sol";
import {IRewardsDistributor, ProofClaim} from "./interfaces/IRewardsDistributor.sol";
import {BalanceMath} from "./libraries/BalanceMath.sol";
import {ClaimCycle} from "./libraries/ClaimCycle.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";

/// @title Where rewards are paid from.
/// @dev In: payouts of the pool; amounts and roots that the rewards contract has found enough signatures for. Out:
/// tokens, to recipients only. Apart from the rewards contract, so that rewards cannot be paid out of principal, and
/// without a proxy, which every claim would pay for.
contract RewardsDistributor is IRewardsDistributor {
    using SafeERC20 for IERC20;

    /// @dev One slot: all that a claim reads and writes besides the recipient's own.
    struct Numbers {
        uint40 pausedUntil; // seconds since 1970
        uint24 claimCycleSeconds;
        uint32 claimCycle; // timestamp / claimCycleSeconds of the last claim
        uint32 payableRootCount;
        uint64 claimLimit;
        uint64 claimedInCycle;
    }

    /// @dev What a recipient has earned and was paid (P-25).
    struct Balance {
        uint128 lifetime;
        uint128 claimed;
    }

    /// @dev How many payable roots stay valid (P-40).
    uint256 private constant VALID_ROOTS = 8;

    /// @inheritdoc IRewardsDistributor
    IERC20 public immutable token;
    /// @inheritdoc IRewardsDistributor
    IRewardRatePool public immutable pool;
    /// @inheritdoc IRewardsDistributor
    address public immutable rewards;

    Numbers private _numbers;
    mapping(address recipient => Balance) private _balances;
    bytes32[VALID_ROOTS] private _roots; // the n-th payable root is at n modulo 8

    modifier onlyRewards() {
        if (msg.sender != rewards) revert NotRewards(msg.sender, rewards);
        _;
    }

    modifier whenNotPaused() {
        uint256 until = _numbers.pausedUntil;
        if (block.timestamp < until) revert EnforcedPause(until);
        _;
    }

    /// @param pool_ The pool, which must pay this very contract; its token is the token.
    /// @param rewards_ The address of the rewards contract's proxy, which may not be there yet.
    constructor(IRewardRatePool pool_, address rewards_) {
        if (address(pool_) == address(0)) revert WrongAddress("pool", address(0));
        if (rewards_ == address(0)) revert WrongAddress("rewards", address(0));
        address beneficiary = pool_.beneficiary();
        if (beneficiary != address(this)) revert WrongAddress("pool.beneficiary", beneficiary);
        token = pool_.token();
        pool = pool_;
        rewards = rewards_;
    }

    // --- anyone ---

    /// @inheritdoc IRewardsDistributor
    function claimWithProof(uint256 amount, uint256 rootIndex, bytes32[] calldata proof) external whenNotPaused {
        _checkProof(_numbers.payableRootCount, msg.sender, amount, rootIndex, proof);
        Balance storage balance = _balances[msg.sender];
        (uint256 lifetime, uint256 claimed) = (balance.lifetime, balance.claimed);
        lifetime = BalanceMath.raised(lifetime, amount);
        _pay(balance, msg.sender, lifetime, lifetime, BalanceMath.owed(lifetime, claimed));
    }

    /// @inheritdoc IRewardsDistributor
    function updateRewardsBalancesWithProofs(ProofClaim[] calldata claims) external whenNotPaused {
        uint256 count = _numbers.payableRootCount;
        for (uint256 i = 0; i < claims.length; ++i) {
            ProofClaim calldata claim = claims[i];
            _checkProof(count, claim.recipient, claim.amount, claim.rootIndex, claim.proof);
            _raise(claim.recipient, claim.amount);
        }
    }

    /// @inheritdoc IRewardsDistributor
    function claimRewards() external whenNotPaused {
        _payAll(msg.sender);
    }

    /// @inheritdoc IRewardsDistributor
    function claimRewards(uint256 amount) external whenNotPaused {
        _payPart(msg.sender, amount);
    }

    // --- the rewards contract ---

    /// @inheritdoc IRewardsDistributor
    function raise(address recipient, uint256 amount) external onlyRewards returns (uint256 previous) {
        return _raise(recipient, amount);
    }

    /// @inheritdoc IRewardsDistributor
    function claimFor(address recipient) external onlyRewards whenNotPaused {
        _payAll(recipient);
    }

    /// @inheritdoc IRewardsDistributor
    function claimFor(address recipient, uint256 amount) external onlyRewards whenNotPaused {
        _payPart(recipient, amount);
    }

    /// @inheritdoc IRewardsDistributor
    function addRoot(bytes32 root) external onlyRewards whenNotPaused returns (uint256 rootIndex) {
        rootIndex = _numbers.payableRootCount;
        _numbers.payableRootCount = uint32(rootIndex + 1);
        _roots[rootIndex % VALID_ROOTS] = root;
    }

    /// @inheritdoc IRewardsDistributor
    function start() external onlyRewards {
        pool.start();
    }

    /// @inheritdoc IRewardsDistributor
    function setPausedUntil(uint256 until) external onlyRewards {
        if (until > type(uint40).max) revert ParameterOutOfRange("pausedUntil", until);
        _numbers.pausedUntil = uint40(until);
    }

    /// @inheritdoc IRewardsDistributor
    function setClaimLimit(uint256 limit, uint256 cycleSeconds) external onlyRewards {
        if (limit == 0 || limit > type(uint64).max) revert ParameterOutOfRange("claimLimit", limit);
        if (cycleSeconds == 0 || cycleSeconds > type(uint24).max) {
            revert ParameterOutOfRange("claimCycleSeconds", cycleSeconds);
        }
        (_numbers.claimLimit, _numbers.claimCycleSeconds) = (uint64(limit), uint24(cycleSeconds));
        emit ClaimLimitUpdated(limit, cycleSeconds);
    }

    // --- views ---

    /// @inheritdoc IRewardsDistributor
    function paused() external view returns (bool) {
        return block.timestamp < _numbers.pausedUntil;
    }

    /// @inheritdoc IRewardsDistributor
    function pausedUntil() external view returns (uint256) {
        return _numbers.pausedUntil;
    }

    /// @inheritdoc IRewardsDistributor
    function recipients(address recipient) external view returns (uint128 lifetime, uint128 claimed) {
        Balance storage balance = _balances[recipient];
        return (balance.lifetime, balance.claimed);
    }

    /// @inheritdoc IRewardsDistributor
    function claimCycle() external view returns (uint256 limit, uint256 claimedInCycle, uint256 cycleSeconds) {
        (limit, cycleSeconds) = (_numbers.claimLimit, _numbers.claimCycleSeconds);
        claimedInCycle = ClaimCycle.used(_cycleNow(), _numbers.claimCycle, _numbers.claimedInCycle);
    }

    /// @inheritdoc IRewardsDistributor
    function payableRootCount() external view returns (uint256) {
        return _numbers.payableRootCount;
    }

    /// @inheritdoc IRewardsDistributor
    function payableRoot(uint256 rootIndex) external view returns (bytes32) {
        return _validRoot(_numbers.payableRootCount, rootIndex);
    }

    // --- internal ---

    /// @dev P-41.
    function _checkProof(
        uint256 rootCount,
        address recipient,
        uint256 amount,
        uint256 rootIndex,
        bytes32[] calldata proof
    ) private view {
        bytes32 root = _validRoot(rootCount, rootIndex);
        if (MerkleTree.rootOf(MerkleTree.leafOf(recipient, amount), proof) != root) {
            revert InvalidProof(recipient, amount, root);
        }
    }

    function _validRoot(uint256 rootCount, uint256 rootIndex) private view returns (bytes32) {
        if (rootIndex >= rootCount || rootCount - rootIndex > VALID_ROOTS) revert RootNotValid(rootIndex, rootCount);
        return _roots[rootIndex % VALID_ROOTS];
    }

    /// @dev Raises a lifetime amount, if it is below (P-25).
    function _raise(address recipient, uint256 amount) private returns (uint256 previous) {
        Balance storage balance = _balances[recipient];
        previous = balance.lifetime;
        uint256 lifetime = BalanceMath.raised(previous, amount);
        if (lifetime == previous) return previous;
        balance.lifetime = uint128(lifetime);
        emit RewardsBalanceUpdated(recipient, amount, previous);
    }

    function _payAll(address recipient) private {
        Balance storage balance = _balances[recipient];
        (uint256 lifetime, uint256 claimed) = (balance.lifetime, balance.claimed);
        _pay(balance, recipient, lifetime, lifetime, BalanceMath.owed(lifetime, claimed));
    }

    function _payPart(address recipient, uint256 amount) private {
        Balance storage balance = _balances[recipient];
        (uint256 lifetime, uint256 claimed) = (balance.lifetime, balance.claimed);
        _pay(balance, recipient, lifetime, BalanceMath.paid(lifetime, claimed, amount), amount);
    }

    /// @dev P-26: pays `amount` and stores the pair as it is afterwards, in one write. Everything is stored before the
    /// first token moves: a token that calls back finds this claim done. Both casts are of what fits (P25, proofs.md).
    function _pay(Balance storage balance, address recipient, uint256 lifetime, uint256 claimed, uint256 amount)
        private
    {
        if (amount == 0) revert NothingToClaim(recipient);
        _countClaim(amount);
        (balance.lifetime, balance.claimed) = (uint128(lifetime), uint128(claimed));
        emit RewardsClaimed(recipient, amount, lifetime);
        // Most claims find the tokens here. To ask for the balance first would cost each of them a call.
        if (token.trySafeTransfer(recipient, amount)) return;
        pool.payoutReleased();
        uint256 available = token.balanceOf(address(this));
        if (available < amount) revert RewardsShort(available, amount);
        token.safeTransfer(recipient, amount);
    }

    /// @dev Holds the claims of a cycle to their limit.
    function _countClaim(uint256 amount) private {
        uint32 cycle = _cycleNow();
        uint256 used = ClaimCycle.used(cycle, _numbers.claimCycle, _numbers.claimedInCycle);
        used = ClaimCycle.take(amount, used, _numbers.claimLimit);
        (_numbers.claimCycle, _numbers.claimedInCycle) = (cycle, uint64(used)); // at most the limit
    }

    function _cycleNow() private view returns (uint32) {
        return uint32(block.timestamp / _numbers.claimCycleSeconds);
    }
}
