// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IEmergency} from "../../contracts/interfaces/IEmergency.sol";
import {EpochReport} from "../../contracts/interfaces/IEpochReports.sol";
import {IRewardRatePool} from "../../contracts/interfaces/IRewardRatePool.sol";
import {IRewardsDistributor} from "../../contracts/interfaces/IRewardsDistributor.sol";
import {IServiceNodeRegistry, SeedNode} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {Signer} from "./support/Signer.sol";
import {SilenceTest} from "./support/SilenceTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev An owner that makes several calls in one transaction, as a timelock does.
contract Batch {
    function run(address target, bytes[] calldata calls) external returns (bool[] memory done) {
        done = new bool[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) (done[i],) = target.call(calls[i]);
    }
}

/// @dev P-30, P-44, P-113 to P-115: what owner, founder and guardian can do, and what the owner alone cannot take.
contract OwnerTest is SilenceTest {
    uint256 private constant N = 20;
    uint256 private constant ALL = N * (N + 1) / 2;
    uint256 private constant MINE = 1_000;
    address private constant OWNER = address(0x0999);

    uint256 private begin;

    function setUp() public override {
        super.setUp();
        _startWith(N);
        begin = vm.getBlockTimestamp();
        rewards.transferOwnership(OWNER);
        vm.prank(OWNER);
        rewards.acceptOwnership();
    }

    // --- ownership ---

    function test_P114_ownership_is_handed_over_in_two_steps_and_not_renounced() public {
        assertEq(rewards.owner(), OWNER);
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.OwnershipCannotBeRenounced.selector));
        rewards.renounceOwnership();
        bytes memory unauthorized = _unauthorized(address(this));
        vm.expectRevert(unauthorized);
        rewards.renounceOwnership();
        assertEq(rewards.owner(), OWNER);
        // Nor handed to nobody: the second step is the new owner's.
        vm.prank(OWNER);
        rewards.transferOwnership(address(0));
        assertEq(rewards.owner(), OWNER);
    }

    function test_P114_the_pools_ownership_is_not_renounced() public {
        vm.expectRevert(abi.encodeWithSelector(IRewardRatePool.OwnershipCannotBeRenounced.selector));
        pool.renounceOwnership();
        vm.prank(OWNER); // nobody's, whoever asks
        vm.expectRevert(abi.encodeWithSelector(IRewardRatePool.OwnershipCannotBeRenounced.selector));
        pool.renounceOwnership();
        assertEq(pool.owner(), address(this));
    }

    function test_P113_P114_renouncing_in_a_pause_locks_nothing() public {
        // The attack: pause, renounce, and what is owed is never paid.
        vm.warp(begin + 1 days);
        _award(address(0xa11ce), 5e9, N);
        vm.prank(OWNER);
        rewards.pause(30 days);
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.OwnershipCannotBeRenounced.selector));
        rewards.renounceOwnership();
        // In another form: an owner that never acts again. The pause ends by itself.
        vm.warp(begin + 31 days);
        vm.prank(address(0xa11ce));
        distributor.claimRewards();
        assertEq(token.balanceOf(address(0xa11ce)), 5e9);
    }

    function test_P44_P116_the_owners_calls_are_the_owners_alone() public {
        address[4] memory others = [FOUNDER, GUARDIAN, address(this), address(0xcafe)];
        bytes[5] memory calls = [
            abi.encodeCall(rewards.setStakingRequirement, (STAKE)),
            abi.encodeCall(rewards.setClaimLimit, (1, 1)),
            abi.encodeCall(rewards.setGuardian, (address(1))),
            abi.encodeCall(rewards.dropFromFloor, (_ids(1))),
            abi.encodeCall(rewards.emergencyDecommission, (_ids(1), none))
        ];
        for (uint256 i = 0; i < others.length; ++i) {
            for (uint256 j = 0; j < calls.length; ++j) {
                _refusedTo(others[i], calls[j], _unauthorized(others[i]));
            }
        }
    }

    // --- setters ---

    function test_P44_every_setter_emits_what_it_set() public {
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.StakingRequirementUpdated(STAKE + 7);
        vm.prank(OWNER);
        rewards.setStakingRequirement(STAKE + 7);
        assertEq(rewards.stakingRequirement(), STAKE + 7);
        vm.expectEmit(address(distributor));
        emit IRewardsDistributor.ClaimLimitUpdated(8, 9);
        vm.prank(OWNER);
        rewards.setClaimLimit(8, 9);
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ContributionFactoryUpdated(address(0xFAC));
        vm.prank(OWNER);
        rewards.setContributionFactory(address(0xFAC));
        assertEq(rewards.contributionFactory(), address(0xFAC));
        vm.expectEmit(address(rewards));
        emit IEmergency.GuardianUpdated(address(0x94a));
        vm.prank(OWNER);
        rewards.setGuardian(address(0x94a));
        assertEq(rewards.guardian(), address(0x94a));
    }

    function test_P44_claim_limits_out_of_range() public {
        _outOfRange(abi.encodeCall(rewards.setClaimLimit, (0, 1)), "claimLimit", 0);
        _outOfRange(abi.encodeCall(rewards.setClaimLimit, (1, 0)), "claimCycleSeconds", 0);
        _outOfRange(abi.encodeCall(rewards.setClaimLimit, (1 << 64, 1)), "claimLimit", 1 << 64);
        _outOfRange(abi.encodeCall(rewards.setClaimLimit, (1, 1 << 24)), "claimCycleSeconds", 1 << 24);
        vm.prank(OWNER);
        rewards.setClaimLimit(type(uint64).max, type(uint24).max);
    }

    function test_P115_the_requirement_changes_to_between_half_and_twice() public {
        uint128[4] memory outside = [STAKE / 2 - 1, 2 * STAKE + 1, 0, type(uint128).max];
        for (uint256 i = 0; i < outside.length; ++i) {
            _outOfRange(
                abi.encodeCall(rewards.setStakingRequirement, (outside[i])), "stakingRequirement", outside[i]
            );
        }
        _setRequirement(STAKE / 2);
        vm.warp(begin + 15 days);
        _setRequirement(STAKE);
        vm.warp(begin + 30 days);
        _setRequirement(2 * STAKE);
        // Of an odd number: half of it, not less.
        vm.warp(begin + 45 days);
        _setRequirement(2 * STAKE - 1);
        vm.warp(begin + 60 days);
        _outOfRange(abi.encodeCall(rewards.setStakingRequirement, (STAKE - 1)), "stakingRequirement", STAKE - 1);
        _setRequirement(STAKE);
    }

    function test_P115_the_requirement_changes_every_15_days_at_most() public {
        _setRequirement(STAKE + 1);
        bytes memory early =
            abi.encodeWithSelector(IServiceNodeRewards.RequirementChangeTooEarly.selector, begin + 15 days);
        // Not even back, or to what it is.
        uint128[3] memory values = [STAKE, STAKE + 1, STAKE + 2];
        uint256[2] memory times = [begin, begin + 15 days - 1];
        for (uint256 i = 0; i < times.length; ++i) {
            vm.warp(times[i]);
            for (uint256 j = 0; j < values.length; ++j) {
                _refusedTo(OWNER, abi.encodeCall(rewards.setStakingRequirement, (values[j])), early);
            }
        }
        vm.warp(begin + 15 days);
        _setRequirement(STAKE);
    }

    function test_P115_a_batch_of_changes_makes_one() public {
        // Halved ten times in one transaction, the requirement would be next to nothing.
        Batch batch = new Batch();
        vm.prank(OWNER);
        rewards.transferOwnership(address(batch));
        bytes[] memory calls = new bytes[](11);
        calls[0] = abi.encodeWithSignature("acceptOwnership()");
        for (uint128 i = 1; i <= 10; ++i) calls[i] = abi.encodeCall(rewards.setStakingRequirement, (STAKE >> i));
        bool[] memory done = batch.run(address(rewards), calls);
        assertTrue(done[0] && done[1], "the first change");
        for (uint256 i = 2; i <= 10; ++i) assertTrue(!done[i], "no other");
        assertEq(rewards.stakingRequirement(), STAKE / 2);
    }

    // --- the founder ---

    function test_P30_owner_and_founder_set_up_until_the_start() public {
        _deploy();
        SeedNode[] memory seeds = _seeds(2);
        SeedNode[] memory one = new SeedNode[](1);
        assertEq(rewards.founder(), FOUNDER);
        bytes[3] memory calls = [
            abi.encodeCall(rewards.seedPublicKeyList, (seeds)),
            abi.encodeCall(rewards.setContributionFactory, (address(1))),
            abi.encodeCall(rewards.start, ())
        ];
        address[2] memory others = [GUARDIAN, address(0xcafe)];
        for (uint256 i = 0; i < others.length; ++i) {
            for (uint256 j = 0; j < calls.length; ++j) _refusedTo(others[i], calls[j], _notFounder(others[i]));
        }
        one[0] = seeds[0];
        vm.prank(FOUNDER);
        rewards.seedPublicKeyList(one);
        one[0] = seeds[1];
        rewards.seedPublicKeyList(one); // by the owner
        vm.expectEmit(address(rewards));
        emit IServiceNodeRewards.ContributionFactoryUpdated(address(0xFAC));
        vm.prank(FOUNDER);
        rewards.setContributionFactory(address(0xFAC));
        token.transfer(address(rewards), rewards.principal());
        vm.prank(FOUNDER);
        rewards.start();
        assertEq(rewards.genesis(), vm.getBlockTimestamp());
        _assertStakes(2, 0, 0);
    }

    function test_P30_with_the_start_the_founders_part_ends() public {
        bytes[3] memory calls = [
            abi.encodeCall(rewards.seedPublicKeyList, (_seeds(1))),
            abi.encodeCall(rewards.setContributionFactory, (address(1))),
            abi.encodeCall(rewards.start, ())
        ];
        for (uint256 j = 0; j < calls.length; ++j) _refusedTo(FOUNDER, calls[j], _notFounder(FOUNDER));
        // The owner's too, but for the factory.
        bytes memory started = abi.encodeWithSelector(IServiceNodeRewards.AlreadyStarted.selector, begin);
        _refusedTo(OWNER, calls[0], started);
        _refusedTo(OWNER, calls[2], started);
        vm.prank(OWNER);
        rewards.setContributionFactory(address(0xFAC));
    }

    function test_P30_the_founder_has_none_of_the_owners_other_powers() public {
        _deploy();
        bytes[3] memory calls = [
            abi.encodeCall(rewards.setStakingRequirement, (STAKE)),
            abi.encodeCall(rewards.setClaimLimit, (1, 1)),
            abi.encodeCall(rewards.setGuardian, (FOUNDER))
        ];
        for (uint256 i = 0; i < calls.length; ++i) _refusedTo(FOUNDER, calls[i], _unauthorized(FOUNDER));
    }

    // --- attacks of the owner alone ---

    function test_P42_P111_the_owner_alone_takes_neither_principal_nor_rewards() public {
        // The attack: no reports come (or all are stopped), and the owner makes its own node the whole network.
        uint64 mine = _register(MINE, OWNER);
        vm.warp(begin + 72 * EPOCH);
        vm.prank(OWNER);
        rewards.announceEmergency(_range(1, 20), _ids(mine));
        // Who sees it and leaves is out, with everything, a day before it can be carried out.
        for (uint64 id = 1; id <= 5; ++id) rewards.initiateExitBLSPublicKey(id);
        vm.warp(begin + 72 * EPOCH + 15 days);
        for (uint64 id = 1; id <= 5; ++id) {
            rewards.exitBLSPublicKey(id);
            uint256 before = token.balanceOf(address(this));
            rewards.withdrawPrincipal(id);
            assertEq(token.balanceOf(address(this)), before + STAKE);
        }
        vm.warp(begin + 72 * EPOCH + NOTICE);
        vm.prank(OWNER);
        rewards.emergencyDecommission(_range(1, 20), _ids(mine));
        _assertStakes(1, 15, 0);
        // Who stays contests every two days. The owner's reports judge as they like.
        for (uint256 i = 0; i < 4; ++i) {
            _pass(47, MINE);
            vm.prank(OWNER);
            rewards.dropSilent(_range(6, 20));
            _assertStakes(1, 15, 0);
            _contest(ALL - _sumTo(5), _range(6, 20));
            _ownerTakesNothing();
        }
    }

    function _ownerTakesNothing() private {
        for (uint64 id = 6; id <= 20; ++id) {
            _refusedTo(
                OWNER,
                abi.encodeCall(rewards.liquidateBLSPublicKey, (id)),
                abi.encodeWithSelector(IServiceNodeRegistry.LiquidationTooEarly.selector, id, 0, 168)
            );
        }
        uint256 amount = pool.released(vm.getBlockTimestamp());
        BLS.G2Point memory signature = Signer.sign(MINE, rewards.hashRewardClaim(OWNER, amount));
        _refusedTo(
            OWNER,
            abi.encodeCall(rewards.updateRewardsBalance, (OWNER, amount, signature, none, none)),
            abi.encodeWithSelector(IServiceNodeRewards.FloorNotReached.selector, STAKE, 16 * STAKE, 7_500)
        );
        assertEq(distributor.payableRootCount(), 0);
        assertEq(token.balanceOf(OWNER), 0);
    }

    function test_P42_P113_pauses_that_stop_every_report_stop_the_emergency_too() public {
        // The attack: pauses of no seconds, which stop each report and take nothing from the emergency's clock.
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRewards.ParameterOutOfRange.selector, "duration", 0));
        rewards.pause(0);
        for (uint64 epoch = 0; epoch < 80; ++epoch) {
            _close(epoch);
            EpochReport memory report = _reportOf(epoch);
            BLS.G2Point memory signature = Signer.sign(ALL, rewards.hashEpochReport(report));
            vm.prank(OWNER);
            rewards.pause(epoch % 2 == 0 ? 1 : 30 days);
            (bool done,) = address(rewards).call(abi.encodeCall(rewards.reportEpoch, (report, signature, none, none)));
            assertTrue(!done, "stopped");
            vm.prank(OWNER);
            rewards.unpause();
        }
        _refusedTo(
            OWNER,
            abi.encodeCall(rewards.announceEmergency, (_range(1, 20), none)),
            abi.encodeWithSelector(IEmergency.NetworkAlive.selector, 0, 72 * EPOCH)
        );
        // Announced before, it is not carried out either.
        vm.warp(begin + 80 * EPOCH + 72 * EPOCH);
        vm.prank(OWNER);
        rewards.announceEmergency(_range(1, 20), none);
        vm.warp(vm.getBlockTimestamp() + NOTICE);
        vm.prank(OWNER);
        rewards.pause(1);
        vm.prank(OWNER);
        rewards.unpause();
        _refusedTo(
            OWNER,
            abi.encodeCall(rewards.emergencyDecommission, (_range(1, 20), none)),
            abi.encodeWithSelector(IEmergency.NetworkAlive.selector, 0, 72 * EPOCH)
        );
    }

    function test_P113_the_guardian_cannot_stop_reports_for_longer_than_its_pauses() public {
        // In another form: the guardian stops reports by many short pauses. It has three.
        uint256 stopped = 0;
        for (uint64 epoch = 0; epoch < 10; ++epoch) {
            _close(epoch);
            vm.prank(GUARDIAN);
            (bool begun,) = address(rewards).call(abi.encodeCall(rewards.pause, (1)));
            if (begun) ++stopped;
            else _submit(_reportOf(epoch), ALL, none, none);
        }
        assertEq(stopped, 3);
        assertEq(rewards.acceptedReports(), 7);
    }

    // --- helpers ---

    function _setRequirement(uint128 value) private {
        vm.prank(OWNER);
        rewards.setStakingRequirement(value);
        assertEq(rewards.stakingRequirement(), value);
    }

    function _notFounder(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IServiceNodeRewards.NotOwnerOrFounder.selector, caller, FOUNDER);
    }

    function _outOfRange(bytes memory request, string memory name, uint256 value) private {
        _refusedTo(
            OWNER, request, abi.encodeWithSelector(IServiceNodeRewards.ParameterOutOfRange.selector, name, value)
        );
    }

    function _refusedTo(address caller, bytes memory request, bytes memory expected) private {
        vm.prank(caller);
        (bool success, bytes memory answer) = address(rewards).call(request);
        assertTrue(!success, "refused");
        assertEq(answer, expected);
    }
}
