// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IRewardRatePool} from "./interfaces/IRewardRatePool.sol";
import {Contributor, Registration, SeedNode} from "./interfaces/IServiceNodeRegistry.sol";
import {EarlierRecords, EpochReport, IServiceNodeRewards, ProofClaim} from "./interfaces/IServiceNodeRewards.sol";
import {ExitLib} from "./libraries/ExitLib.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {Quorum} from "./libraries/Quorum.sol";
import {RegistrationLib} from "./libraries/RegistrationLib.sol";
import {ReportLib} from "./libraries/ReportLib.sol";
import {RewardsStorage} from "./libraries/RewardsStorage.sol";
import {SignatureCheck} from "./libraries/SignatureCheck.sol";
import {ServiceNodeRegistry} from "./ServiceNodeRegistry.sol";

/// @title Stakes, rewards and claims of the service nodes.
/// @dev In: registrations and messages that the nodes have signed. Out: tokens. Who is owed what is decided by the
/// nodes' ledgers; this contract only checks that enough stake signed it. Principal never depends on that.
contract ServiceNodeRewards is
    IServiceNodeRewards,
    ServiceNodeRegistry,
    Ownable2StepUpgradeable,
    PausableUpgradeable
{
    using SafeERC20 for IERC20;

    /// @notice How a deployment differs from another.
    /// @param owner Who seeds, starts, pauses and sets parameters.
    /// @param stakingRequirement The stake of a node, in atomic units.
    /// @param epochSeconds The length of an epoch; it never changes.
    /// @param claimLimit What all claims together may pay in one cycle, in atomic units.
    /// @param claimCycleSeconds The length of a claim cycle.
    struct Parameters {
        address owner;
        uint128 stakingRequirement;
        uint64 epochSeconds;
        uint96 claimLimit;
        uint32 claimCycleSeconds;
    }

    /// @dev Session's numbers: 3 to the liquidator, 17 to the pool, 9980 stay (P-36).
    uint16 private constant LIQUIDATOR_BPS = 3;
    uint16 private constant POOL_BPS = 17;

    bytes32 private constant REWARD_CLAIM_TYPEHASH = keccak256("RewardClaim(address recipient,uint256 amount)");

    /// @dev Fixed in the implementation, so that reading them costs nothing. An upgrade must carry the same two.
    IERC20 private immutable _token;
    IRewardRatePool private immutable _pool;

    modifier whenStarted() {
        if (RewardsStorage.load().genesis == 0) revert NotStarted();
        _;
    }

    /// @param token_ The token that is staked and paid.
    /// @param pool_ The pool that rewards come from.
    constructor(IERC20 token_, IRewardRatePool pool_) {
        if (address(token_) == address(0)) revert WrongAddress("token", address(token_));
        if (address(pool_) == address(0)) revert WrongAddress("pool", address(pool_));
        _token = token_;
        _pool = pool_;
        _disableInitializers();
    }

    /// @notice Sets up a proxy. Refuses a chain without the EIP-2537 precompiles (P-32).
    function initialize(Parameters calldata parameters) external initializer {
        if (_pool.beneficiary() != address(this)) revert WrongAddress("pool.beneficiary", _pool.beneficiary());
        if (address(_pool.token()) != address(_token)) revert WrongAddress("pool.token", address(_pool.token()));
        if (parameters.epochSeconds == 0 || parameters.epochSeconds > type(uint40).max) {
            revert ParameterOutOfRange("epochSeconds", parameters.epochSeconds);
        }
        __Ownable_init(parameters.owner);
        RegistrationLib.initialize();
        RewardsStorage.load().epochSeconds = uint40(parameters.epochSeconds);
        _setStakingRequirement(parameters.stakingRequirement);
        _setClaimLimit(parameters.claimLimit, parameters.claimCycleSeconds);
        _setLiquidationShares(LIQUIDATOR_BPS, POOL_BPS);
    }

    // --- setting up ---

    /// @inheritdoc IServiceNodeRewards
    function seedPublicKeyList(SeedNode[] calldata nodes) external onlyOwner {
        uint64 startedAt = RewardsStorage.load().genesis;
        if (startedAt != 0) revert AlreadyStarted(startedAt);
        bytes32 domainSeparator = _domainSeparatorV4();
        for (uint256 i = 0; i < nodes.length; ++i) {
            RegistrationLib.seed(domainSeparator, nodes[i]);
        }
    }

    /// @inheritdoc IServiceNodeRewards
    function start() external onlyOwner {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        if ($.genesis != 0) revert AlreadyStarted($.genesis);
        if ($.activeStake == 0) revert NoActiveStake();
        uint256 balance = _token.balanceOf(address(this));
        if (balance < $.principal) revert PrincipalMissing(balance, $.principal);
        $.genesis = uint40(block.timestamp);
        $.lastReportAt = RewardsStorage.unpausedTime();
        emit Started($.genesis, $.epochSeconds);
        _pool.start();
    }

    // --- nodes ---

    /// @inheritdoc IServiceNodeRewards
    function addBLSPublicKey(Registration calldata registration, Contributor[] calldata contributors)
        external
        whenNotPaused
        whenStarted
        returns (uint64 id)
    {
        uint128 stake;
        (id, stake) = RegistrationLib.register(_domainSeparatorV4(), registration, contributors);
        _token.safeTransferFrom(msg.sender, address(this), stake);
    }

    /// @inheritdoc IServiceNodeRewards
    function initiateExitBLSPublicKey(uint64 id) external whenStarted {
        ExitLib.requestLeave(id);
    }

    /// @inheritdoc IServiceNodeRewards
    function exitBLSPublicKey(uint64 id) external {
        ExitLib.exit(id);
    }

    /// @inheritdoc IServiceNodeRewards
    function liquidateBLSPublicKey(uint64 id) external whenNotPaused {
        (uint256 liquidatorShare, uint256 poolShare) = ExitLib.liquidate(id);
        if (poolShare != 0) {
            _token.forceApprove(address(_pool), poolShare);
            _pool.fund(poolShare);
        }
        if (liquidatorShare != 0) _token.safeTransfer(msg.sender, liquidatorShare);
    }

    /// @inheritdoc IServiceNodeRewards
    function withdrawPrincipal(uint64 id) external {
        _token.safeTransfer(msg.sender, ExitLib.takePrincipal(id));
    }

    // --- epoch reports ---

    /// @inheritdoc IServiceNodeRewards
    function reportEpoch(
        EpochReport calldata report,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners,
        EarlierRecords calldata earlier
    ) external whenNotPaused whenStarted {
        uint256 released = _pool.released(block.timestamp);
        ReportLib.report(_domainSeparatorV4(), released, report, signature, nonSigners, extraSigners, earlier);
    }

    // --- rewards ---

    /// @inheritdoc IServiceNodeRewards
    function updateRewardsBalance(
        address recipient,
        uint256 amount,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) external whenNotPaused whenStarted {
        uint256 previous = RewardsStorage.load().balances[recipient].lifetime;
        if (amount <= previous) revert AmountNotRaised(amount, previous);
        _update(recipient, amount, signature, nonSigners, extraSigners);
    }

    /// @inheritdoc IServiceNodeRewards
    function updateAndClaim(
        uint256 amount,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) external whenNotPaused whenStarted {
        // Whoever copies the bundle from the mempool and lands it first does the caller no harm.
        if (amount > RewardsStorage.load().balances[msg.sender].lifetime) {
            _update(msg.sender, amount, signature, nonSigners, extraSigners);
        }
        _claimAll();
    }

    /// @inheritdoc IServiceNodeRewards
    function claimWithProof(address recipient, uint256 amount, uint256 rootIndex, bytes32[] calldata proof)
        external
        whenNotPaused
    {
        _raiseWithProof(recipient, amount, rootIndex, proof);
        if (msg.sender == recipient) _claimAll();
    }

    /// @inheritdoc IServiceNodeRewards
    function updateRewardsBalancesWithProofs(ProofClaim[] calldata claims) external whenNotPaused {
        for (uint256 i = 0; i < claims.length; ++i) {
            ProofClaim calldata claim = claims[i];
            _raiseWithProof(claim.recipient, claim.amount, claim.rootIndex, claim.proof);
        }
    }

    /// @inheritdoc IServiceNodeRewards
    function claimRewards() external whenNotPaused {
        _claimAll();
    }

    /// @inheritdoc IServiceNodeRewards
    function claimRewards(uint256 amount) external whenNotPaused {
        _claim(amount);
    }

    // --- the owner ---

    /// @inheritdoc IServiceNodeRewards
    function pause() external onlyOwner {
        _pause();
    }

    /// @inheritdoc IServiceNodeRewards
    function unpause() external onlyOwner {
        _unpause();
    }

    /// @inheritdoc IServiceNodeRewards
    function setStakingRequirement(uint128 stakingRequirement_) external onlyOwner {
        _setStakingRequirement(stakingRequirement_);
    }

    /// @inheritdoc IServiceNodeRewards
    function setClaimLimit(uint96 limit, uint32 cycleSeconds) external onlyOwner {
        _setClaimLimit(limit, cycleSeconds);
    }

    /// @inheritdoc IServiceNodeRewards
    function setLiquidationShares(uint16 liquidatorBps, uint16 poolBps) external onlyOwner {
        _setLiquidationShares(liquidatorBps, poolBps);
    }

    /// @inheritdoc IServiceNodeRewards
    function announceEmergency(uint64[] calldata decommission, uint64[] calldata activate)
        external
        onlyOwner
        whenNotPaused
        whenStarted
    {
        ReportLib.announce(decommission, activate);
    }

    /// @inheritdoc IServiceNodeRewards
    function emergencyDecommission(uint64[] calldata decommission, uint64[] calldata activate)
        external
        onlyOwner
        whenNotPaused
    {
        ReportLib.emergency(decommission, activate);
    }

    /// @inheritdoc IServiceNodeRewards
    function setContributionFactory(address factory) external onlyOwner {
        RewardsStorage.load().contributionFactory = factory;
        emit ContributionFactoryUpdated(factory);
    }

    // --- views ---

    /// @inheritdoc IServiceNodeRewards
    function token() external view returns (IERC20) {
        return _token;
    }

    /// @inheritdoc IServiceNodeRewards
    function pool() external view returns (IRewardRatePool) {
        return _pool;
    }

    /// @inheritdoc IServiceNodeRewards
    function genesis() external view returns (uint64) {
        return RewardsStorage.load().genesis;
    }

    /// @inheritdoc IServiceNodeRewards
    function epochSeconds() external view returns (uint64) {
        return RewardsStorage.load().epochSeconds;
    }

    /// @inheritdoc IServiceNodeRewards
    function stakingRequirement() external view returns (uint256) {
        return RewardsStorage.load().stakingRequirement;
    }

    /// @inheritdoc IServiceNodeRewards
    function contributionFactory() external view returns (address) {
        return RewardsStorage.load().contributionFactory;
    }

    /// @inheritdoc IServiceNodeRewards
    function principal() external view returns (uint256) {
        return RewardsStorage.load().principal;
    }

    /// @inheritdoc IServiceNodeRewards
    function recipients(address recipient) external view returns (uint128 lifetime, uint128 claimed) {
        RewardsStorage.Balance storage balance = RewardsStorage.load().balances[recipient];
        return (balance.lifetime, balance.claimed);
    }

    /// @inheritdoc IServiceNodeRewards
    function claimCycle() external view returns (uint256 limit, uint256 claimedInCycle, uint256 cycleSeconds) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        (limit, cycleSeconds) = ($.claimLimit, $.claimCycleSeconds);
        claimedInCycle = $.claimCycle == block.timestamp / cycleSeconds ? $.claimedInCycle : 0;
    }

    /// @inheritdoc IServiceNodeRewards
    function liquidationShares() external view returns (uint256 liquidatorBps, uint256 poolBps) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        return ($.liquidatorBps, $.poolBps);
    }

    /// @inheritdoc IServiceNodeRewards
    function acceptedReports() external view returns (uint256) {
        return RewardsStorage.load().acceptedReports;
    }

    /// @inheritdoc IServiceNodeRewards
    function epochRecord(uint64 epoch) external view returns (bytes32 digest, uint64 firstRecordedAt, bool isPayable) {
        RewardsStorage.EpochRecord storage entry = RewardsStorage.load().epochRecords[epoch];
        return (entry.digest, entry.firstRecordedAt, entry.isPayable);
    }

    /// @inheritdoc IServiceNodeRewards
    function payableRootCount() external view returns (uint256) {
        return RewardsStorage.load().payableRootCount;
    }

    /// @inheritdoc IServiceNodeRewards
    function payableRoot(uint256 rootIndex) public view returns (bytes32) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 count = $.payableRootCount;
        if (rootIndex >= count || count - rootIndex > RewardsStorage.VALID_ROOTS) revert RootNotValid(rootIndex, count);
        return $.payableRoots[rootIndex % RewardsStorage.VALID_ROOTS];
    }

    /// @inheritdoc IServiceNodeRewards
    function emergency() external view returns (bytes32 listsHash, uint256 secondsLeft, bool isVoid) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 time = RewardsStorage.unpausedTime();
        listsHash = $.emergencyHash;
        secondsLeft = $.emergencyReadyAt > time ? $.emergencyReadyAt - time : 0;
        isVoid = $.emergencyReports != $.acceptedReports;
    }

    /// @inheritdoc IServiceNodeRewards
    function hashEpochReport(EpochReport calldata report) external view returns (bytes32) {
        return ReportLib.hash(_domainSeparatorV4(), report);
    }

    /// @inheritdoc IServiceNodeRewards
    function hashRewardClaim(address recipient, uint256 amount) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(REWARD_CLAIM_TYPEHASH, recipient, amount)));
    }

    // --- internal ---

    /// @dev OpenZeppelin's pause, kept in the slot that every signature check reads anyway.
    function paused() public view override returns (bool) {
        return RewardsStorage.load().paused;
    }

    function _pause() internal override whenNotPaused {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        ($.paused, $.pausedAt) = (true, uint40(block.timestamp));
        emit Paused(msg.sender);
    }

    function _unpause() internal override whenPaused {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        $.pausedSeconds += uint40(block.timestamp) - $.pausedAt;
        $.paused = false;
        emit Unpaused(msg.sender);
    }

    /// @dev Raises a lifetime amount by a signature (P-24). That it raises is the caller's to check (P-25).
    function _update(
        address recipient,
        uint256 amount,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) private {
        (uint256 signedActive, uint256 signedFloor) =
            SignatureCheck.verify(hashRewardClaim(recipient, amount), signature, nonSigners, extraSigners);
        Quorum.checkMoney(signedActive, signedFloor);
        _raise(recipient, amount);
    }

    /// @dev Raises a lifetime amount by a proof, if it is below (P-41).
    function _raiseWithProof(address recipient, uint256 amount, uint256 rootIndex, bytes32[] calldata proof) private {
        bytes32 root = payableRoot(rootIndex);
        // Hashed twice, so that no inner node of the tree passes for a leaf.
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(recipient, amount))));
        if (MerkleTree.rootOf(leaf, proof) != root) revert InvalidProof(recipient, amount, root);
        if (amount > RewardsStorage.load().balances[recipient].lifetime) _raise(recipient, amount);
    }

    function _raise(address recipient, uint256 amount) private {
        if (amount > type(uint128).max) revert AmountTooLarge(amount);
        RewardsStorage.Balance storage balance = RewardsStorage.load().balances[recipient];
        emit RewardsBalanceUpdated(recipient, amount, balance.lifetime);
        balance.lifetime = uint128(amount);
    }

    function _claimAll() private {
        RewardsStorage.Balance storage balance = RewardsStorage.load().balances[msg.sender];
        _claim(balance.lifetime - balance.claimed);
    }

    /// @dev P-26.
    function _claim(uint256 amount) private {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        RewardsStorage.Balance storage balance = $.balances[msg.sender];
        uint256 claimable = balance.lifetime - balance.claimed;
        if (amount == 0) revert NothingToClaim(msg.sender);
        if (amount > claimable) revert ClaimExceedsBalance(amount, claimable);
        _countClaim(amount);
        balance.claimed += uint128(amount);

        uint256 available = _available();
        if (available < amount) {
            _pool.payoutReleased();
            available = _available();
            if (available < amount) revert RewardsShort(available, amount);
        }
        emit RewardsClaimed(msg.sender, amount);
        _token.safeTransfer(msg.sender, amount);
    }

    /// @dev What the contract holds beyond the principal.
    function _available() private view returns (uint256) {
        return _token.balanceOf(address(this)) - RewardsStorage.load().principal;
    }

    /// @dev Holds the claims of a cycle to their limit.
    function _countClaim(uint256 amount) private {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint32 cycle = uint32(block.timestamp / $.claimCycleSeconds);
        uint256 used = $.claimCycle == cycle ? $.claimedInCycle : 0;
        uint256 left = $.claimLimit > used ? $.claimLimit - used : 0;
        if (amount > left) revert ClaimLimitExceeded(amount, left);
        $.claimCycle = cycle;
        $.claimedInCycle = uint96(used + amount);
    }

    function _setStakingRequirement(uint128 stakingRequirement_) private {
        // The upper bound keeps the sums of 2^32 nodes within their 96 bits.
        if (stakingRequirement_ == 0 || stakingRequirement_ > type(uint64).max) {
            revert ParameterOutOfRange("stakingRequirement", stakingRequirement_);
        }
        RewardsStorage.load().stakingRequirement = uint64(stakingRequirement_);
        emit StakingRequirementUpdated(stakingRequirement_);
    }

    function _setLiquidationShares(uint16 liquidatorBps, uint16 poolBps) private {
        uint256 sum = uint256(liquidatorBps) + poolBps;
        // (liquidator + pool) * 3 <= remainder: the operator's part, a quarter at least, always covers both.
        if (sum * 4 > Quorum.BPS) revert ParameterOutOfRange("liquidationShares", sum);
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        ($.liquidatorBps, $.poolBps) = (liquidatorBps, poolBps);
        emit LiquidationSharesUpdated(liquidatorBps, poolBps);
    }

    function _setClaimLimit(uint96 limit, uint32 cycleSeconds) private {
        if (limit == 0) revert ParameterOutOfRange("claimLimit", 0);
        if (cycleSeconds == 0) revert ParameterOutOfRange("claimCycleSeconds", 0);
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        ($.claimLimit, $.claimCycleSeconds) = (limit, cycleSeconds);
        emit ClaimLimitUpdated(limit, cycleSeconds);
    }
}
