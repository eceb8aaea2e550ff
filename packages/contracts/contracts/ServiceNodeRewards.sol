// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ownable2StepUpgradeable} from "@openzeppelin/contracts-upgradeable/access/Ownable2StepUpgradeable.sol";
import {PausableUpgradeable} from "@openzeppelin/contracts-upgradeable/utils/PausableUpgradeable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IRewardRatePool} from "./interfaces/IRewardRatePool.sol";
import {IRewardsDistributor} from "./interfaces/IRewardsDistributor.sol";
import {Contributor, Registration, SeedNode} from "./interfaces/IServiceNodeRegistry.sol";
import {EarlierRecords, EpochReport, IServiceNodeRewards} from "./interfaces/IServiceNodeRewards.sol";
import {ExitLib} from "./libraries/ExitLib.sol";
import {Quorum} from "./libraries/Quorum.sol";
import {RegistrationLib} from "./libraries/RegistrationLib.sol";
import {ReportLib} from "./libraries/ReportLib.sol";
import {RewardsStorage} from "./libraries/RewardsStorage.sol";
import {SignatureCheck} from "./libraries/SignatureCheck.sol";
import {ServiceNodeRegistry} from "./ServiceNodeRegistry.sol";

/// @title The service nodes, their stakes and what they have signed.
/// @dev In: registrations and messages that the nodes have signed. Out: principal, and word to the distributor of who is
/// owed what. That is decided by the nodes' ledgers; this contract only checks that enough stake signed it. All tokens
/// here are principal.
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
        uint256 claimLimit;
        uint256 claimCycleSeconds;
    }

    /// @dev Session's numbers: 3 to the liquidator, 17 to the pool, 9980 stay (P-36).
    uint16 private constant LIQUIDATOR_BPS = 3;
    uint16 private constant POOL_BPS = 17;

    bytes32 private constant REWARD_CLAIM_TYPEHASH = keccak256("RewardClaim(address recipient,uint256 amount)");

    /// @dev Fixed in the implementation, so that reading them costs nothing. An upgrade must carry the same.
    IRewardsDistributor private immutable _distributor;
    IERC20 private immutable _token;
    IRewardRatePool private immutable _pool;

    modifier whenStarted() {
        if (RewardsStorage.load().genesis == 0) revert NotStarted();
        _;
    }

    /// @param distributor_ Where rewards are paid from. Its token is the token, its pool the pool.
    constructor(IRewardsDistributor distributor_) {
        if (address(distributor_) == address(0)) revert WrongAddress("distributor", address(0));
        _distributor = distributor_;
        _token = distributor_.token();
        _pool = distributor_.pool();
        _disableInitializers();
    }

    /// @notice Sets up a proxy. Refuses a chain without the EIP-2537 precompiles (P-32).
    function initialize(Parameters calldata parameters) external initializer {
        address known = _distributor.rewards();
        if (known != address(this)) revert WrongAddress("distributor.rewards", known);
        if (parameters.epochSeconds == 0 || parameters.epochSeconds > type(uint40).max) {
            revert ParameterOutOfRange("epochSeconds", parameters.epochSeconds);
        }
        __Ownable_init(parameters.owner);
        RegistrationLib.initialize();
        RewardsStorage.load().epochSeconds = uint40(parameters.epochSeconds);
        _setStakingRequirement(parameters.stakingRequirement);
        _distributor.setClaimLimit(parameters.claimLimit, parameters.claimCycleSeconds);
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
        _distributor.start();
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
        ReportLib.report(
            _domainSeparatorV4(), _distributor, released, report, signature, nonSigners, extraSigners, earlier
        );
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
        // Raised first: what has landed already fails before the pairing is paid for. A signature that does not hold
        // undoes it.
        uint256 previous = _distributor.raise(recipient, amount);
        if (amount <= previous) revert AmountNotRaised(amount, previous);
        _checkClaim(recipient, amount, signature, nonSigners, extraSigners);
    }

    /// @inheritdoc IServiceNodeRewards
    function updateAndClaim(
        uint256 amount,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) external whenNotPaused whenStarted {
        // Whoever copies the bundle from the mempool and lands it first does the caller no harm.
        if (amount > _distributor.raise(msg.sender, amount)) {
            _checkClaim(msg.sender, amount, signature, nonSigners, extraSigners);
        }
        _distributor.claimFor(msg.sender);
    }

    /// @inheritdoc IServiceNodeRewards
    function claimRewards() external {
        _distributor.claimFor(msg.sender);
    }

    /// @inheritdoc IServiceNodeRewards
    function claimRewards(uint256 amount) external {
        _distributor.claimFor(msg.sender, amount);
    }

    // --- the owner ---

    /// @inheritdoc IServiceNodeRewards
    function pause() external onlyOwner {
        _pause();
        _distributor.setPausedUntil(type(uint40).max);
    }

    /// @inheritdoc IServiceNodeRewards
    function unpause() external onlyOwner {
        _unpause();
        _distributor.setPausedUntil(0);
    }

    /// @inheritdoc IServiceNodeRewards
    function setStakingRequirement(uint128 stakingRequirement_) external onlyOwner {
        _setStakingRequirement(stakingRequirement_);
    }

    /// @inheritdoc IServiceNodeRewards
    function setClaimLimit(uint256 limit, uint256 cycleSeconds) external onlyOwner {
        _distributor.setClaimLimit(limit, cycleSeconds);
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
    function distributor() external view returns (IRewardsDistributor) {
        return _distributor;
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
        return _distributor.recipients(recipient);
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

    /// @dev That a lifetime amount is signed by enough stake (P-24).
    function _checkClaim(
        address recipient,
        uint256 amount,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) private view {
        (uint256 signedActive, uint256 signedFloor) =
            SignatureCheck.verify(hashRewardClaim(recipient, amount), signature, nonSigners, extraSigners);
        Quorum.checkMoney(signedActive, signedFloor);
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
}
